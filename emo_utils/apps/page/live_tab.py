"""The tab Live: the camera, read while it runs. `static/live.js` shows it, `live_socket` answers it."""

import gradio as gr

from emo_utils.apps.page.parts import html

STAGE = """
<section class="emo-live" aria-label="Live camera">
<div class="emo-live-left">
<div class="emo-stage"><video id="emo-live-video" muted playsinline aria-label="Your camera"></video>
<canvas id="emo-live-boxes" aria-hidden="true"></canvas><p id="emo-live-hint">The camera is off.</p></div>
<p class="emo-live-buttons">
<button type="button" id="emo-live-start" class="emo-button emo-primary">Start the camera</button>
<button type="button" id="emo-live-stop" class="emo-button" disabled>Stop</button>
<button type="button" id="emo-live-rest" class="emo-button" disabled>Measure my rest face (10 s)</button></p>
</div>
<div class="emo-live-right">
<p id="emo-live-now" role="status">No face yet.</p>
<dl id="emo-live-bars"></dl>
<canvas id="emo-live-chart" role="img"
aria-label="Probability of each expression over the last twenty seconds"></canvas>
<p id="emo-live-numbers" class="emo-facts">0 frames a second</p>
</div>
</section>
"""

ABOUT = (
    "Pictures go from this browser to the computer that serves the page, one by one, and are not stored. If it is "
    "slower than the camera, frames are left out rather than delayed. For the rest face, look at the camera for ten "
    "seconds without any expression: what your face shows at rest is then taken off."
)


def add() -> None:
    """Add the tab."""
    with gr.Tab("Live", id="live"):
        html(STAGE, elem_id="emo-live")
        gr.Markdown(ABOUT)
