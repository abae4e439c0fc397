"""The tab Analyse: a clip in, the results of `emo analyze` out."""

from collections.abc import Iterator

import gradio as gr

from emo_utils.apps.page.choices import DETECTORS, RATES, SMOOTHINGS, Choices
from emo_utils.apps.page.engine import Engine
from emo_utils.apps.page.parts import html
from emo_utils.apps.page.progress import failed_html, idle_html, step_html
from emo_utils.apps.page.refusals import told
from emo_utils.apps.page.results import results_html
from emo_utils.apps.page.visitors import COOKIE
from emo_utils.errors import Stopped
from emo_utils.measures.measure import measures
from emo_utils.workflows.analysis import Analysis

EMPTY = (
    '<div class="emo-empty"><p>The results appear here: the clip with faces and expressions drawn in, charts, a card '
    "for each person, and the files.</p></div>"
)


def add(engine: Engine, choices: Choices) -> None:
    """Add the tab."""
    with gr.Tab("Analyse", id="analyse"), gr.Row(elem_classes="emo-columns"):
        with gr.Column(scale=2, min_width=300):
            clip = gr.Video(
                label="Clip: upload or record", sources=["upload", "webcam"], height=280, include_audio=True,
                buttons=[], elem_id="emo-clip", webcam_options=gr.WebcamOptions(mirror=False),
            )  # fmt: skip
            gr.Markdown(f"A clip may have {engine.limits.in_words()}. The upload is deleted after the analysis.")
            fields = _fields(choices)
            with gr.Row():
                start = gr.Button("Analyse", variant="primary", elem_id="emo-start", min_width=120)
                stop = gr.Button("Stop", elem_id="emo-stop", min_width=80)
        with gr.Column(scale=5, min_width=320):
            progress = html(idle_html(), elem_id="emo-progress")
            results = html(EMPTY, elem_id="emo-results")
            forget = gr.Button("Delete my files now", size="sm", elem_id="emo-forget")

    def run(request: gr.Request, path: str | None, *values) -> Iterator[tuple[str, str]]:
        yield from analyse(engine, choices, path, values, request.cookies.get(COOKIE))

    def stopped(request: gr.Request) -> None:
        engine.stop(request.cookies.get(COOKIE))

    def forgotten(request: gr.Request) -> tuple[str, str, None]:
        engine.visitors.forget(request.cookies.get(COOKIE))
        return idle_html("Your files are deleted."), EMPTY, None

    start.click(
        run, [clip, *fields], [progress, results], concurrency_limit=engine.limits.max_queue + 2,
        concurrency_id="analysis", show_progress="hidden", api_visibility="private", trigger_mode="once",
    )  # fmt: skip
    stop.click(stopped, api_visibility="private")
    forget.click(forgotten, None, [progress, results, clip], api_visibility="private")


def _fields(choices: Choices) -> list[gr.components.Component]:
    """The choices, in the order of `Choices.options`."""
    with gr.Accordion("Options", open=False):
        weights = gr.Dropdown(list(choices.weights), value=choices.default, label="Network")
        detector = gr.Dropdown(list(DETECTORS), value=DETECTORS[0], label="Face detector")
        rate = gr.Dropdown(list(RATES), value=next(iter(RATES)), label="Sampling rate")
        smoothing = gr.Dropdown(list(SMOOTHINGS), value=SMOOTHINGS[0], label="Smoothing")
        smoothing_s = gr.Slider(0, 2, 0.25, step=0.05, label="Smoothing, seconds")
        rest = gr.Textbox(
            label="Baseline: seconds in which the face is at rest", placeholder="none; such as 0-2", max_lines=1
        )
        chosen = gr.CheckboxGroup(list(measures), label="Further measures")
    return [weights, detector, rate, smoothing, smoothing_s, rest, chosen]


def analyse(
    engine: Engine, choices: Choices, path: str | None, values: tuple, token: str | None
) -> Iterator[tuple[str, str]]:
    """Progress and results, as HTML, until the clip is analysed or refused; the upload is deleted at the end."""
    if not path:
        yield failed_html("Choose a clip first: upload one, or record one with the camera."), EMPTY
        return
    try:
        clip = engine.visitors.owned(token, path)
        job = engine.visitors.new_results(token)
        upload = engine.visitors.upload_of(clip)
        try:
            for found in engine.analyse(clip, job, choices.options(*values), token):
                if isinstance(found, Analysis):
                    yield idle_html("Done."), results_html(found, job.folder)
                else:
                    yield step_html(found), EMPTY
        finally:
            engine.visitors.delete(upload)
    except (Exception, Stopped) as error:
        yield told(error, path), EMPTY
