"""RAF-DB, basic emotions: 15,339 aligned faces of 100x100 pixels from the web, labelled by about 40 people each.

S. Li, W. Deng, J. Du, "Reliable Crowdsourcing and Deep Locality-Preserving Learning for Expression Recognition in the
Wild", CVPR 2017. The layout::

    EmoLabel/list_patition_label.txt              a name and a number from 1 to 7 per line (spelled so)
    Image/aligned/train_00001_aligned.jpg
"""

import re
from pathlib import Path

from emo_utils.datasets.corpus import FaceCorpus, find_files, in_order
from emo_utils.datasets.face_files import labelled_faces, read_gray_faces
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip, FaceImages

LABELS = "list_patition_label.txt"
NAME = re.compile(r"(train|test)_(\d+)\.jpg")
SIZE = 100
PICTURES = 15339
"""Of the publication: 12,271 to train and 3,068 to test."""
VALIDATION_EVERY = 10
"""Every so manieth training picture, by its number, validates: the published split has no validation part."""


def official_part(clip: Clip) -> str:
    """The published part; training pictures whose number is a multiple of ten validate."""
    part, number = clip.clip_id.split("_")
    return "validation" if part == "train" and int(number) % VALIDATION_EVERY == 0 else part


@corpora.register("rafdb")
class RafDb(FaceCorpus):
    """RAF-DB, single labels, aligned faces, with its official split. Who is in the pictures is not known."""

    facts = Facts(
        name="rafdb",
        title="RAF-DB (basic, aligned)",
        labels={
            "1": "surprise",
            "2": "fear",
            "3": "disgust",
            "4": "happiness",
            "5": "sadness",
            "6": "anger",
            "7": "neutral",
        },
        licence="for non-commercial research, by agreement with its authors; not to be passed on",
        citation="Li, Deng, Du, CVPR 2017",
        homepage="http://www.whdeng.cn/raf/model1.html",
        obtain="Ask its authors for it (homepage), and put the folders EmoLabel and Image there.",
        people_known=False,
        official_part=official_part,
        notes="Stills from the web. The published split has no validation part: every tenth training picture, by its "
        "number, validates here, so 11,044 train. People are not named, so the same person may be in two parts.",
    )

    def published_count(self) -> int:
        """Pictures of the publication."""
        return PICTURES

    def index(self) -> list[Clip]:
        """One clip per picture of the list; each counts as a person of its own. See the base class."""
        return in_order(self._clips())

    def load(self, split: str) -> FaceImages:
        """Read one part of the split as gray faces; see the base class and `official_part`."""
        if split not in ("train", "validation", "test"):
            raise CorpusError(f"unknown split {split!r} of rafdb; known: train, validation, test")
        clips = [clip for clip in self.index() if official_part(clip) == split]
        pixels = read_gray_faces([clip.path for clip in clips], SIZE)
        return labelled_faces([clip.clip_id for clip in clips], pixels, [clip.emotion for clip in clips], self.classes)

    def _clips(self) -> list[Clip]:
        table = next((path for path in find_files(self.root, {".txt"}) if path.name == LABELS), None)
        if table is None:
            raise self._absent(f"EmoLabel/{LABELS} and Image/aligned/")
        folder = table.parent.parent / "Image" / "aligned"
        lines = [line.split() for line in table.read_text(encoding="utf-8").splitlines() if line.strip()]
        clips = [self._clip(table, folder, number, words) for number, words in enumerate(lines, start=1)]
        absent = [clip.path for clip in clips if not clip.path.is_file()]
        if absent:
            raise CorpusError(
                f"RAF-DB: {table} names {len(clips)} pictures, {len(absent)} of them are absent; the first is "
                f"{absent[0]}. Unpack Image/aligned.zip beside EmoLabel"
            )
        return clips

    def _clip(self, table: Path, folder: Path, number: int, words: list[str]) -> Clip:
        match = NAME.fullmatch(words[0])
        if len(words) != 2 or not match:
            raise CorpusError(f"{table}, line {number}: expected a name and a label, as in train_00001.jpg 5; "
                              f"found {' '.join(words)!r}")  # fmt: skip
        stem = f"{match[1]}_{match[2]}"
        path = folder / f"{stem}_aligned.jpg"
        return Clip(stem, path, self.name, f"unknown_{stem}", self.facts.emotion(words[1]))
