"""JAFFE: ten Japanese women pose seven expressions; 213 gray pictures of 256x256 pixels.

M. Lyons, S. Akamatsu, M. Kamachi, J. Gyoba, "Coding Facial Expressions with Gabor Wavelets", FG 1998. The layout:
`KA.AN1.39.tiff`, in any folders: person, expression (AN, DI, FE, HA, NE, SA, SU) with its take, number of the picture.
"""

import re
from pathlib import Path

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip
from emo_utils.suffixes import IMAGE_SUFFIXES

NAME = re.compile(r"([A-Z]{2})\.([A-Z]{2})(\d)\.(\d+)")
PEOPLE = ("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM")
PICTURES = 213


@corpora.register("jaffe")
class Jaffe(Corpus):
    """JAFFE, one clip per picture; the folds of the literature leave one person out."""

    facts = Facts(
        name="jaffe",
        title="JAFFE",
        labels={
            "AN": "anger",
            "DI": "disgust",
            "FE": "fear",
            "HA": "happiness",
            "NE": "neutral",
            "SA": "sadness",
            "SU": "surprise",
        },
        licence="for non-commercial research, by its terms; not to be passed on",
        citation="Lyons et al., FG 1998; Lyons, arXiv:2107.13998, 2021",
        homepage="https://zenodo.org/records/14974867",
        obtain="Ask its authors for it (homepage), and put the pictures there.",
        person_folds=tuple((person,) for person in PEOPLE),
        notes="Posed by ten women of one laboratory. Its authors ask for both publications to be named.",
    )

    def published_count(self) -> int:
        """Pictures of the publication."""
        return PICTURES

    def index(self) -> list[Clip]:
        """One clip per picture; see the base class."""
        files = find_files(self.root, IMAGE_SUFFIXES)
        if not files:
            raise self._absent("pictures like KA.AN1.39.tiff")
        return in_order(self._clip(path) for path in files)

    def _clip(self, path: Path) -> Clip:
        match = NAME.fullmatch(path.stem)
        if not match or match[1] not in PEOPLE:
            raise CorpusError(f"{path}: expected a name like KA.AN1.39.tiff (person, expression and take, number), of "
                              f"the people {', '.join(PEOPLE)}; rename it or move it away")  # fmt: skip
        return Clip(path.stem, path, self.name, match[1], self.facts.emotion(match[2]))
