"""The colours of the emotions can be told apart, also by people with a colour blindness."""

from itertools import combinations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from emo_utils.labels import ALL_EMOTIONS, COLOURS, ink_on

LEAST = 15
"""CIEDE2000 units between any two."""

MACHADO = {
    "normal vision": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Matrices on linear RGB for a complete deficiency (severity 1.0): G. M. Machado, M. M. Oliveira, L. A. F. Fernandes,
"A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG 2009."""


def rgb_of(colour: str) -> np.ndarray:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255


def seen(colour: str, vision: str) -> np.ndarray:
    """The colour in CIELAB as it appears with this vision."""
    rgb = rgb_of(colour)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    changed = np.clip(np.array(MACHADO[vision]) @ linear, 0, 1)
    back = np.where(changed <= 0.0031308, changed * 12.92, 1.055 * changed ** (1 / 2.4) - 0.055)
    return rgb2lab(back[None, None])[0, 0]


@pytest.mark.parametrize("vision", MACHADO)
def test_any_two_colours_differ(vision):
    colours = {name: seen(COLOURS[name], vision) for name in ALL_EMOTIONS}
    distances = {
        (one, other): float(deltaE_ciede2000(colours[one], colours[other])) for one, other in combinations(colours, 2)
    }
    for pair, distance in sorted(distances.items(), key=lambda item: item[1])[:5]:
        print(f"{vision}: {' and '.join(pair)} {distance:.1f}")
    assert min(distances.values()) >= LEAST


def test_the_simulation_makes_red_and_green_alike_for_a_dichromat():
    def distance(vision):
        return float(deltaE_ciede2000(seen("#c84b31", vision), seen("#7a7a00", vision)))

    assert distance("deuteranopia") < distance("normal vision") / 2


@pytest.mark.parametrize("emotion", ALL_EMOTIONS)
def test_words_on_a_colour_have_contrast(emotion):
    def luminance(colour):
        rgb = rgb_of(colour)
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    low, high = sorted([luminance(COLOURS[emotion]), luminance(ink_on(COLOURS[emotion]))])
    assert (high + 0.05) / (low + 0.05) >= 4.5, "WCAG 2, level AA"
