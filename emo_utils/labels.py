"""The names of the emotions, in the field's standard nouns, and their colours in all figures."""

EMOTIONS = ("anger", "contempt", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
"""The eight classes of FER+ (and of most still-image sets), in alphabetical order."""

CALM = "calm"
"""RAVDESS has a ninth class beside the eight."""

ALL_EMOTIONS = (*EMOTIONS, CALM)

COLOURS = {
    "anger": "#d1495b",
    "calm": "#7fb7be",
    "contempt": "#8d6a9f",
    "disgust": "#6a994e",
    "fear": "#5e548e",
    "happiness": "#f2a541",
    "neutral": "#9aa5b1",
    "sadness": "#3d6fb6",
    "surprise": "#e07be0",
}
"""One colour per emotion, as `#rrggbb`; the same in charts, annotated videos and reports."""
