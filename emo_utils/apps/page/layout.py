"""The page: a header, and its tabs."""

import gradio as gr

from emo_utils.apps.page import about_tab, analyse_tab, compare_tab, journal_tab, live_tab
from emo_utils.apps.page.choices import Choices
from emo_utils.apps.page.engine import Engine
from emo_utils.apps.page.parts import html

HEADER = (
    '<header class="emo-header"><h1>emo-utils</h1>'
    "<p>Facial expressions in video, over time. An expression is what a face shows, not what a person feels.</p>"
    "</header>"
)

WAITING = 100
"""Requests of all visitors that may wait for a thread; how many may wait for an analysis is a limit of the page."""


def page(engine: Engine, choices: Choices, public: bool) -> gr.Blocks:
    """All tabs.

    Args:
        engine: analyses clips.
        choices: what visitors can choose.
        public: strangers use the page.
    """
    with gr.Blocks(analytics_enabled=False, title="emo-utils") as blocks:
        html(HEADER, elem_id="emo-header")
        with gr.Tabs(overflow_behavior="wrap"):
            analyse_tab.add(engine, choices)
            live_tab.add()
            compare_tab.add(engine, choices)
            if not public:
                journal_tab.add(engine, choices)
            about_tab.add(engine.limits, public)
    blocks.queue(max_size=WAITING, api_open=False, default_concurrency_limit=8)
    return blocks
