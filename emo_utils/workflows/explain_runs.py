"""What the network of a finished run looks at, as charts: for the notebook that compares runs."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from emo_utils.models import attention_maps, channel_relevance, grad_cam
from emo_utils.reports.runs.comparison import marked
from emo_utils.reports.runs.explanations import attention_chart, heat_strip, planes, planes_chart, relevance_chart
from emo_utils.reports.runs.finished import FinishedRun
from emo_utils.reports.runs.overview import noted
from emo_utils.workflows.open_run import OpenedRun, open_run

if TYPE_CHECKING:
    from IPython.display import Markdown

Draw = Callable[[FinishedRun, OpenedRun], Figure]


def explained(run: FinishedRun | None, draw: Draw, corpus_options: dict | None = None) -> "Figure | Markdown":
    """A chart of a run; a line of text where there is no such run.

    Args:
        run: its fold with most people is opened; None: there is none.
        draw: one of the functions of this module.
        corpus_options: of its corpus, such as `root`.
    """
    from IPython.display import Markdown

    if run is None:
        return Markdown("*No such run yet; the beginning of section 2 names the notebook that makes one.*")
    return draw(run, open_run(run.fold_folder(), corpus_options=corpus_options))


def heat(run: FinishedRun, opened: OpenedRun) -> Figure:
    """Grad-CAM over a face of each emotion; shows faces."""
    rows = opened.one_each()
    maps = grad_cam(opened.model, opened.inputs(rows)[0]).numpy()
    return noted(heat_strip(opened.faces(rows), maps, opened.emotions[rows], opened.named(rows)), run.synthetic)


def relevance(run: FinishedRun, opened: OpenedRun) -> Figure:
    """Share of each channel of a stack in the evidence, by emotion."""
    rows = np.arange(len(opened.samples))
    shares = channel_relevance(opened.model, opened.inputs(rows)[0]).numpy()
    frames = np.arange(opened.samples.in_channels) * run.experiment["input_spec"]["interval"]
    return relevance_chart(shares, opened.emotions, frames, marked(run.label, run.synthetic))


def attention(run: FinishedRun, opened: OpenedRun) -> Figure:
    """Which frame looks at which, for a clip of each emotion; the mean of all heads."""
    rows = opened.one_each()
    maps = attention_maps(opened.model, *opened.inputs(rows)).mean(1).numpy()
    frames = np.arange(maps.shape[1]) * run.experiment["representation"]["every"]
    return attention_chart(maps, opened.emotions[rows], frames, marked(run.label, run.synthetic))


def plane(run: FinishedRun, opened: OpenedRun) -> Figure:
    """Features before the last layer on a plane, coloured by emotion and marked by person."""
    points = planes(opened.features(), run.experiment["seed"])
    return planes_chart(points, opened.emotions, opened.samples.subject_ids, marked(run.label, run.synthetic))
