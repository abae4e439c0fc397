"""KDEF: 70 people pose seven expressions twice, photographed from five angles; 4,900 pictures of 562x762 pixels.

D. Lundqvist, A. Flykt, A. Ohman, "The Karolinska Directed Emotional Faces - KDEF", CD-ROM, Karolinska Institutet,
1998. The layout: `AF01/AF01ANS.JPG`, in any folders: session (A, B), gender (F, M), person (01 to 35), expression (AF,
AN, DI, HA, NE, SA, SU), angle (FL full left profile, HL half left, S straight, HR half right, FR full right).
"""

import re
from collections.abc import Iterable
from pathlib import Path

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip
from emo_utils.suffixes import IMAGE_SUFFIXES

NAME = re.compile(r"([AB])([FM]\d\d)(AF|AN|DI|HA|NE|SA|SU)(FL|HL|S|HR|FR)")
ANGLES = ("FL", "HL", "S", "HR", "FR")
PEOPLE, EXPRESSIONS, SESSIONS = 70, 7, 2


@corpora.register("kdef")
class Kdef(Corpus):
    """KDEF, one clip per picture.

    Args:
        root: the folder with its files; by default `<EMO_DATA_DIR>/raw/kdef`.
        angles: some of `ANGLES`; by default the straight view alone, since this package reads faces from the front.
    """

    facts = Facts(
        name="kdef",
        title="KDEF",
        labels={
            "AF": "fear",
            "AN": "anger",
            "DI": "disgust",
            "HA": "happiness",
            "NE": "neutral",
            "SA": "sadness",
            "SU": "surprise",
        },
        licence="for non-commercial research, by its terms; not to be passed on",
        citation="Lundqvist, Flykt, Ohman, Karolinska Institutet, 1998, ISBN 91-630-7164-9",
        homepage="https://kdef.se",
        obtain="Ask its authors for it (homepage), and put the folders AF01 ... BM35 there.",
        notes="Posed by 70 people of 20 to 30 years, without beards, glasses or make-up, in the same shirt and light.",
    )

    def __init__(self, root: Path | str | None = None, angles: Iterable[str] = ("S",)):
        super().__init__(root)
        self.angles = (angles,) if isinstance(angles, str) else tuple(angles)
        if not self.angles or not set(self.angles) <= set(ANGLES):
            raise CorpusError(f"KDEF: expected angles of {', '.join(ANGLES)}; found {self.angles or 'none'}")

    def published_count(self) -> int:
        """Pictures of the publication from these angles: 980 an angle."""
        return PEOPLE * EXPRESSIONS * SESSIONS * len(set(self.angles))

    def index(self) -> list[Clip]:
        """One clip per picture of the selected angles; see the base class."""
        named = [(path, self._fields(path)) for path in find_files(self.root, IMAGE_SUFFIXES)]
        clips = [self._clip(path, *fields[1:3]) for path, fields in named if fields[3] in self.angles]
        if not clips:
            raise self._absent(f"pictures like AF01/AF01AN{self.angles[0]}.JPG")
        return in_order(clips)

    def _fields(self, path: Path) -> tuple[str, ...]:
        match = NAME.fullmatch(path.stem.upper())
        if not match:
            raise CorpusError(f"{path}: expected a name like AF01ANS.JPG (session, person, expression, angle); "
                              "rename it or move it away")  # fmt: skip
        return match.groups()

    def _clip(self, path: Path, person: str, label: str) -> Clip:
        return Clip(path.stem.upper(), path, self.name, person, self.facts.emotion(label))
