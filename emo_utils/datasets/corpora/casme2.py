"""CASME II: spontaneous micro-expressions of 26 people at 200 frames a second, with onset, apex and offset.

W.-J. Yan, X. Li, S.-J. Wang, G. Zhao, Y.-J. Liu, Y.-H. Chen, X. Fu, PLoS ONE 9(1), 2014. The layout: a coding table
`CASME2-coding-*.xlsx` (or .csv) and, in any folder, `sub01/EP02_01f.avi` or the pictures `sub01/EP02_01f/*.jpg`.
"""

from pathlib import Path

from emo_utils.datasets.coding_tables import CodedExpression
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.micro_corpus import MicroCorpus
from emo_utils.datasets.registry import corpora


@corpora.register("casme2")
class Casme2(MicroCorpus):
    """CASME II, one clip per coded expression whose label is an emotion."""

    facts = Facts(
        name="casme2",
        title="CASME II",
        labels={
            "disgust": "disgust",
            "fear": "fear",
            "happiness": "happiness",
            "sadness": "sadness",
            "surprise": "surprise",
        },
        licence="for research, by agreement with the Chinese Academy of Sciences; not to be passed on",
        citation="Yan et al., PLoS ONE 9(1), 2014",
        homepage="http://casme.psych.ac.cn/casme/e2",
        obtain="Ask its authors for it (homepage), and put the coding table and the folders sub01 ... sub26 there.",
        notes="Spontaneous, 200 frames a second. Expressions coded `others` or `repression` name no emotion and are "
        "left out of the index; `coded()` gives all, `datasets.megc` the three classes of MEGC 2019.",
    )
    table = "CASME2-coding-*"
    without_emotion = ("others", "repression")

    def subject_of(self, coded: CodedExpression) -> str:
        """`sub01` of the table's 1 or 01."""
        return f"sub{int(coded.subject):02}"

    def place_of(self, coded: CodedExpression) -> Path:
        """As the set names it."""
        return Path(self.subject_of(coded)) / coded.clip
