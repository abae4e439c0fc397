"""The progress of an analysis as HTML; it always takes the same height, so that nothing below moves."""

from html import escape

from emo_utils.apps.page.engine import ANALYSING, WRITING, Step

STAGES = {
    "waiting": "Waiting for other analyses",
    ANALYSING: "Finding faces, reading expressions",
    WRITING: "Drawing the video",
}
"""What the stages are called; all others write tables and pictures."""

OTHER = "Writing tables, charts and pictures"
WIDTHS = {ANALYSING: (0.0, 0.65), WRITING: (0.7, 0.3)}
"""Where the stages begin on the bar, and their width."""


def idle_html(text: str = "Ready.") -> str:
    """No analysis is running."""
    return _box(text, "", 1.0 if text == "Done." else 0.0)


def failed_html(text: str) -> str:
    """Why there is no result, for a visitor."""
    return f'<div class="emo-progress emo-failed" role="alert"><p><strong>{escape(text)}</strong></p></div>'


def step_html(step: Step, which: str = "") -> str:
    """How far an analysis is: stage, share, time left; `which` tells two analyses apart."""
    start, width = WIDTHS.get(step.stage, (0.65, 0.0))
    share = min(1.0, step.done / step.total) if step.total else 0.0
    counted = ""
    if step.stage in WIDTHS:
        counted = f"frame {step.done}" + (f" of {step.total}" if step.total else "")
    if step.stage == "waiting" and step.done:
        counted = f"{step.done} before you"
    left = "" if step.left_s is None else f"about {_seconds(step.left_s)} left"
    return _box(which + STAGES.get(step.stage, OTHER), " · ".join(filter(None, (counted, left))), start + width * share)


def _box(text: str, detail: str, share: float) -> str:
    percent = round(100 * share)
    return (
        f'<div class="emo-progress" role="status"><p><strong>{escape(text)}</strong><span>{escape(detail)}</span></p>'
        f'<div class="emo-track" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{percent}"><i style="width:{percent}%"></i></div></div>'
    )


def _seconds(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
