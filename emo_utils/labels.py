"""The names of the emotions, in the field's standard nouns, and their colours in all figures."""

EMOTIONS = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""The eight classes of FER+ (and of most still-image sets), in alphabetical order."""

CALM = "calm"
"""RAVDESS has a ninth class beside the eight."""

ALL_EMOTIONS = (*EMOTIONS, CALM)

COLOURS = {
    "anger": "#e25462",
    "calm": "#91dce7",
    "contempt": "#8b7190",
    "disgust": "#307908",
    "fear": "#4d446f",
    "happiness": "#f7a843",
    "neutral": "#9ca29e",
    "sadness": "#0449f4",
    "surprise": "#cc83ff",
}
"""One colour per emotion, as `#rrggbb`; the same in charts, annotated videos and reports.

Any two differ by at least 15 CIEDE2000 units, in normal vision and with protanopia, deuteranopia and tritanopia;
`tests/test_labels.py` measures it.
"""


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour `#rrggbb`; after the relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if luminance > 0.18 else "#ffffff"
