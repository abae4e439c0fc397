"""Valence of an expression: the probability of happiness minus that of the strongest negative emotion.

Source: the valence of FaceReader, "the intensity of 'happy' minus the intensity of the negative expression with the
highest intensity", where the negative ones are sad, angry, scared and disgusted: L. Loijens, O. Krips, "FaceReader
Methodology Note", Noldus Information Technology. Here probabilities replace the intensities, so that 1 means "certainly
happy" and not "very happy". Contempt is not among the negative emotions.
"""

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.measures.measure import Column, Measure, measures

POSITIVE = "happiness"
NEGATIVE = ("sadness", "anger", "fear", "disgust")

COLUMN = Column("happiness minus the strongest of sadness, anger, fear and disgust, of this frame alone", "none", -1, 1)

SUMMARY = {"mean_valence": Column("mean of the valence over the person's rows", "none", -1, 1)}


@measures.register("valence")
def make_valence() -> Measure:
    """One column, `valence`."""
    return Measure("valence", {"valence": COLUMN}, of_probabilities=valence, summary=SUMMARY, of_person=_mean)


def valence(probabilities: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Valence float (N, 1) of probabilities (N, C).

    Raises:
        EmoError: the classes of the weights lack happiness, or all negative emotions.
    """
    negative = [classes.index(name) for name in NEGATIVE if name in classes]
    if POSITIVE not in classes or not negative:
        raise EmoError(
            f"valence: expected weights with the class {POSITIVE} and one of {', '.join(NEGATIVE)}; "
            f"found {', '.join(classes)}"
        )
    strongest = probabilities[:, negative].max(axis=1)
    return (probabilities[:, classes.index(POSITIVE)] - strongest)[:, None]


def _mean(rows) -> tuple[float | None]:
    mean = rows["valence"].mean()
    return (None if np.isnan(mean) else round(float(mean), 4),)
