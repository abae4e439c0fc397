"""How much of a notebook a figure takes."""

from io import BytesIO

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from emo_utils.reports.clips.pictures import animated, light_png, strip


def test_a_chart_is_kept_in_few_colours():
    figure = Figure()
    figure.subplots().plot([0, 1], color="#d1495b")
    picture = Image.open(BytesIO(light_png(figure)))
    assert picture.mode == "P"
    assert (0xD1, 0x49, 0x5B) in {colour for _, colour in picture.convert("RGB").getcolors()}


def test_a_photograph_is_kept_whole():
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    assert Image.open(BytesIO(light_png(strip([noise])))).mode == "RGB"


def test_an_animation_holds_every_picture_in_order_and_no_widget():
    pictures = [np.full((40, 30), 60 * row, np.uint8) for row in range(4)]
    shown = animated(pictures, side_px=20)
    assert set(shown._repr_mimebundle_()[0]) & {"image/gif"}
    gif = Image.open(BytesIO(shown.data))
    assert (gif.n_frames, gif.size) == (4, (15, 20))
    levels = []
    for frame in range(4):
        gif.seek(frame)
        levels.append(round(float(np.asarray(gif.convert("L")).mean())))
    assert levels == [0, 60, 120, 180]
