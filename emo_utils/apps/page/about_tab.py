"""The tab About: what the network can do, limits, privacy."""

import gradio as gr

from emo_utils.apps.page.limits import Limits
from emo_utils.inference.weights import DEFAULT, SHIPPED

HONEST = """
### What it does, and what it does not

A network names what a face *shows*, as a crowd of raters would name it. It does not know what a person feels, thinks or
intends. Disgust, fear and contempt are read badly, faces unlike those of its training set worse. No group of people is
guaranteed to be read as well as another.

Do not use it to judge people: not for hiring, schooling, policing, border control, insurance, credit, diagnosis, or the
surveillance of workers or pupils. In the European Union, inferring emotions at work and in education is prohibited but
for medical and safety reasons (AI Act, Article 5). Ask people before you film and analyse them.
"""

PRIVACY = """
### Privacy

The clip is analysed by the computer that serves this page, and sent nowhere else. The upload is deleted as soon as its
analysis ends. The results can be opened only from this browser, by a random cookie, and are deleted after {keep:g}
minutes, or at once by *Delete my files now*. The live camera is read frame by frame; nothing of it is stored. There are
no statistics of use.

Limits of a clip: {limits}.
"""

TERMS = """
### Words

**Onset, apex, offset**: where an expression begins, is strongest, and ends. **Uncertain**: the highest probability is
too low for a name. **Prior**: the class shares that the probabilities assume. **Smoothed**: averaged over time.
"""


def add(limits: Limits, public: bool) -> None:
    """Add the tab."""
    card = (SHIPPED / f"{DEFAULT}.md").read_text(encoding="utf-8")
    with gr.Tab("About", id="about"):
        gr.Markdown(HONEST + PRIVACY.format(keep=limits.keep_minutes, limits=limits.in_words()) + TERMS)
        with gr.Accordion(f"Model card of {DEFAULT}", open=False):
            gr.Markdown(card)
