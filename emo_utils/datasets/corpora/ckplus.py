"""CK+ in its widespread form of 48x48 pictures: the last three frames of 327 sequences, from onset towards the peak.

P. Lucey, J. F. Cohn, T. Kanade, J. Saragih, Z. Ambadar, I. Matthews, "The Extended Cohn-Kanade Dataset (CK+)", CVPR
Workshops 2010. The layout: `CK+48/<emotion>/S010_004_00000017.png`: subject, take, number of the frame.
"""

import re
from pathlib import Path

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip
from emo_utils.suffixes import IMAGE_SUFFIXES

NAME = re.compile(r"(S\d{3})_(\d{3})_(\d{8})")
SEQUENCES = 327
"""With a label: anger 45, contempt 18, disgust 59, fear 25, happy 69, sadness 28, surprise 83."""


@corpora.register("ckplus")
class CkPlus(Corpus):
    """CK+, one clip per sequence of a person; `Clip.frames` are its pictures in time order."""

    facts = Facts(
        name="ckplus",
        title="CK+ (48x48)",
        labels={
            "anger": "anger",
            "contempt": "contempt",
            "disgust": "disgust",
            "fear": "fear",
            "happy": "happiness",
            "sadness": "sadness",
            "surprise": "surprise",
        },
        licence="for research, by agreement with the University of Pittsburgh; not to be passed on",
        citation="Lucey et al., CVPR Workshops 2010; Kanade et al., FG 2000",
        homepage="https://www.jeffcohn.net/Resources/",
        obtain="Ask its authors for it (homepage), and put the folders CK+48/<emotion>/ there.",
        prepared_with={"detector": "none", "interval": 1, "channels": 3, "size": 96},
        notes="Posed. The 48x48 form holds the last three frames of each sequence and has no neutral class. There is "
        "no published split; people must be kept apart.",
    )

    def published_count(self) -> int:
        """Labelled sequences of the publication."""
        return SEQUENCES

    def index(self) -> list[Clip]:
        """One clip per subject and take; see the base class."""
        takes: dict[tuple[str, str, str], list[tuple[int, Path]]] = {}
        for path in find_files(self.root, IMAGE_SUFFIXES):
            match = NAME.fullmatch(path.stem)
            if not match:
                raise CorpusError(f"{path}: expected a name like S010_004_00000017.png; move the file away")
            take = (match[1], match[2], self.facts.emotion(path.parent.name))
            takes.setdefault(take, []).append((int(match[3]), path))
        if not takes:
            raise self._absent("pictures like CK+48/anger/S010_004_00000017.png")
        return in_order(self._clip(*take, pictures) for take, pictures in takes.items())

    def _clip(self, subject: str, take: str, emotion: str, pictures: list[tuple[int, Path]]) -> Clip:
        numbers = [number for number, _ in pictures]
        if len(set(numbers)) < len(numbers):
            raise CorpusError(
                f"CK+: sequence {subject}_{take} has a frame number twice under {self.root}; keep one copy of it"
            )
        frames = tuple(path for _, path in sorted(pictures))
        return Clip(f"{subject}_{take}", frames[0], self.name, subject, emotion, frames=frames)
