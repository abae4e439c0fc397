"""How much of a notebook a figure takes."""

from io import BytesIO

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from emo_utils.reports.clips.pictures import light_png, strip


def test_a_chart_is_kept_in_few_colours():
    figure = Figure()
    figure.subplots().plot([0, 1], color="#d1495b")
    picture = Image.open(BytesIO(light_png(figure)))
    assert picture.mode == "P"
    assert (0xD1, 0x49, 0x5B) in {colour for _, colour in picture.convert("RGB").getcolors()}


def test_a_photograph_is_kept_whole():
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    assert Image.open(BytesIO(light_png(strip([noise])))).mode == "RGB"
