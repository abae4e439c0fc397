"""SAMM: spontaneous micro-expressions of 32 people of 13 ethnicities at 200 frames a second, coded by three experts.

A. K. Davison, C. Lansley, N. Costen, K. Tan, M. H. Yap, "SAMM: A Spontaneous Micro-Facial Movement Dataset", IEEE
Trans. Affective Computing 9(1), 2018. The layout: a coding table `SAMM_Micro_FACS_Codes*.xlsx` (or .csv) and, in any
folder, the pictures `006/006_1_2/006_05562.jpg`.
"""

from pathlib import Path

from emo_utils.datasets.coding_tables import CodedExpression
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.micro_corpus import MicroCorpus
from emo_utils.datasets.registry import corpora


@corpora.register("samm")
class Samm(MicroCorpus):
    """SAMM, one clip per coded expression whose label is an emotion."""

    facts = Facts(
        name="samm",
        title="SAMM",
        labels={
            "Anger": "anger",
            "Contempt": "contempt",
            "Disgust": "disgust",
            "Fear": "fear",
            "Happiness": "happiness",
            "Sadness": "sadness",
            "Surprise": "surprise",
        },
        licence="for research, by agreement with Manchester Metropolitan University; not to be passed on",
        citation="Davison et al., IEEE Trans. Affective Computing 9(1), 2018",
        homepage="https://helward.mmu.ac.uk/STAFF/M.Yap/dataset.php",
        obtain="Ask its authors for it (homepage), and put the coding table and the folders 006 ... 037 there.",
        notes="Spontaneous, 200 frames a second. Expressions coded `Other` name no emotion and are left out of the "
        "index; `coded()` gives all, `datasets.megc` the three classes of MEGC 2019.",
    )
    table = "SAMM_Micro_FACS_Codes*"
    without_emotion = ("Other",)

    def subject_of(self, coded: CodedExpression) -> str:
        """Three digits, as in the names of the folders."""
        return f"{int(coded.subject):03}"

    def place_of(self, coded: CodedExpression) -> Path:
        """As the set names it."""
        return Path(self.subject_of(coded)) / coded.clip
