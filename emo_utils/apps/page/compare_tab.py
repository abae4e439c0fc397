"""The tab Compare: two clips, or one clip read by two networks, side by side."""

from collections.abc import Iterator

import gradio as gr

from emo_utils.apps.page.choices import Choices
from emo_utils.apps.page.engine import Engine
from emo_utils.apps.page.parts import html
from emo_utils.apps.page.progress import failed_html, idle_html, step_html
from emo_utils.apps.page.refusals import told
from emo_utils.apps.page.results import pair_html
from emo_utils.apps.page.visitors import COOKIE
from emo_utils.errors import Stopped
from emo_utils.inference.options import AnalysisOptions
from emo_utils.workflows.analysis import Analysis

EMPTY = '<div class="emo-empty"><p>Two analyses appear here, side by side.</p></div>'

HELP = "Give two clips, or one clip and two different networks. Without a second clip both networks read the first one."

Shown = tuple[str, str]


def add(engine: Engine, choices: Choices) -> None:
    """Add the tab."""
    names = list(choices.weights)
    with gr.Tab("Compare", id="compare"):
        gr.Markdown(HELP)
        with gr.Row(elem_classes="emo-columns"):
            sides = _side("A", names, names[0]), _side("B", names, names[1 % len(names)])
        start = gr.Button("Compare", variant="primary", elem_id="emo-compare-start")
        progress = html(idle_html(), elem_id="emo-compare-progress")
        results = html(EMPTY, elem_id="emo-compare-results")

    def run(request: gr.Request, *values) -> Iterator[Shown]:
        yield from compare(engine, choices, values, request.cookies.get(COOKIE))

    start.click(
        run, [part for side in sides for part in side], [progress, results], api_visibility="private",
        concurrency_limit=engine.limits.max_queue + 2, concurrency_id="analysis", show_progress="hidden",
        trigger_mode="once",
    )  # fmt: skip


def _side(letter: str, names: list[str], network: str) -> tuple[gr.Video, gr.Dropdown]:
    with gr.Column(min_width=280):
        clip = gr.Video(
            label=f"Clip {letter}", sources=["upload"], height=220, include_audio=True, buttons=[],
            elem_id=f"emo-clip-{letter.lower()}",
        )  # fmt: skip
        return clip, gr.Dropdown(names, value=network, label=f"Network {letter}")


def compare(engine: Engine, choices: Choices, values: tuple, token: str | None) -> Iterator[Shown]:
    """Progress and results of two analyses, as HTML; the uploads are deleted at the end.

    Args:
        engine: analyses.
        choices: what was offered.
        values: clip A, network A, clip B, network B; a clip may be None.
        token: of the visitor.
    """
    first, network_a, second, network_b = values
    pairs = [(first or second, network_a), (second or first, network_b)]
    if not pairs[0][0]:
        yield failed_html("Choose a clip first."), EMPTY
        return
    if pairs[0] == pairs[1]:
        yield failed_html("Both sides are the same: choose a second clip, or another network."), EMPTY
        return
    uploads = set()
    try:
        done = []
        for letter, (path, network) in zip("AB", pairs, strict=True):
            clip = engine.visitors.owned(token, path)
            uploads.add(engine.visitors.upload_of(clip))
            job = engine.visitors.new_results(token)
            for found in engine.analyse(clip, job, AnalysisOptions(choices.weights[network]), token):
                if isinstance(found, Analysis):
                    done.append((f"{letter}: {found.clip}, {network}", found, job.folder))
                else:
                    yield step_html(found, f"{letter}: "), EMPTY
        yield idle_html("Done."), pair_html(done)
    except (Exception, Stopped) as error:
        yield told(error, pairs[0][0]), EMPTY
    finally:
        for upload in uploads:
            engine.visitors.delete(upload)
