"""The three classes of the Micro-Expression Grand Challenge 2019, which several sets have in common.

J. See, M. H. Yap, J. Li, X. Hong, S.-J. Wang, "MEGC 2019 - The Second Facial Micro-Expressions Grand Challenge", FG
2019. Recognition is measured leave one subject out, by the unweighted F1 and the unweighted average recall of the
predictions of all folds together.
"""

from emo_utils.errors import CorpusError

CLASSES = ("negative", "positive", "surprise")

OF_LABEL = {
    "anger": "negative",
    "contempt": "negative",
    "disgust": "negative",
    "fear": "negative",
    "sadness": "negative",
    "repression": "negative",
    "negative": "negative",
    "happiness": "positive",
    "positive": "positive",
    "surprise": "surprise",
    "others": None,
    "other": None,
}
"""Of the sets' own labels; None: in none of the three, and left out."""


def three_class(label: str) -> str | None:
    """The class of a set's own label, whatever its case; None where it is left out.

    Raises:
        CorpusError: no set of the challenge has such a label.
    """
    name = label.strip().lower()
    if name not in OF_LABEL:
        raise CorpusError(f"MEGC 2019: {label!r} is no label of its sets; known: {', '.join(OF_LABEL)}")
    return OF_LABEL[name]
