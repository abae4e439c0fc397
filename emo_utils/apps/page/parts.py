"""Pieces that several tabs use."""

import gradio as gr

from emo_utils.apps.page.results import one_line


def html(value: str = "", **traits) -> gr.Markdown:
    """A component that shows HTML of this package, one line of it.

    Gradio's own HTML component needs `eval` in the browser, which the content security policy does not allow. What
    comes from a visitor, such as the name of a clip, must be escaped before.
    """
    return gr.Markdown(one_line(value), sanitize_html=False, latex_delimiters=[], container=False, **traits)
