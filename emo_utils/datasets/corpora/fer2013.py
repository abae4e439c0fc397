"""FER2013: 35,887 gray faces of 48x48 pixels with one label each, as a table or as folders of pictures.

I. Goodfellow et al., "Challenges in Representation Learning: A report on three machine learning contests", ICONIP 2013.
The layouts::

    fer2013.csv or icml_face_data.csv             columns emotion (0 to 6), pixels, Usage: the challenge's own files
    train/happy/Training_3908.jpg                 the folders that Kaggle offers; names begin with the Usage
    test/happy/PublicTest_3908.jpg, PrivateTest_...
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emo_utils.datasets.corpus import FaceCorpus, find_files, in_order
from emo_utils.datasets.face_files import labelled_faces, read_gray_faces
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip, FaceImages
from emo_utils.suffixes import IMAGE_SUFFIXES

TABLES = ("fer2013.csv", "icml_face_data.csv")
COLUMNS = ("emotion", "pixels", "Usage")
USAGES = {"Training": "train", "PublicTest": "validation", "PrivateTest": "test"}
"""The challenge's parts; the public test set is the validation part, as in FER+."""
CODES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Labels of the table, by number."""
SIZE = 48
PICTURES = 35887
"""Of the publication: 28,709 to train, 3,589 in each test set."""


@dataclass(frozen=True)
class _Row:
    """A row of the table: its number names the picture, as the files of FER+ do."""

    name: str
    usage: str
    label: str
    pixels: str


def official_part(clip: Clip) -> str:
    """The part of the challenge, from the folder in a table's path or from the picture's name."""
    usage = clip.path.parent.name if clip.path.parent.name in USAGES else clip.path.name.split("_")[0]
    return USAGES[usage]


@corpora.register("fer2013")
class Fer2013(FaceCorpus):
    """FER2013 with the challenge's split, from its table or from folders. Who is in the pictures is not known.

    Args:
        root: the folder with the table or the folders, or the table itself.
    """

    facts = Facts(
        name="fer2013",
        title="FER2013",
        labels={
            "angry": "anger",
            "disgust": "disgust",
            "fear": "fear",
            "happy": "happiness",
            "sad": "sadness",
            "surprise": "surprise",
            "neutral": "neutral",
        },
        licence="pictures from the web, for research by the terms of the challenge; not to be passed on",
        citation="Goodfellow et al., ICONIP 2013",
        homepage="https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge",
        obtain="Ask its authors' page for it (homepage; an account is needed), and put fer2013.csv, or the folders "
        "train/ and test/, there.",
        people_known=False,
        official_part=official_part,
        notes="Stills from the web. People name 65 % of its pictures as its labels do (its authors' count); FER+ has "
        "ten votes for the same pictures. People are not named, so the same person may be in two parts.",
    )

    def published_count(self) -> int:
        """Pictures of the publication."""
        return PICTURES

    def index(self) -> list[Clip]:
        """One clip per picture; each counts as a person of its own. See the base class.

        The path of a picture in the table is the table's path, its usage and its name; `load` reads the pixels.
        """
        if table := self._table():
            return in_order(self._clip(table / row.usage / row.name, row.label) for row in _rows(table))
        return in_order(self._clip(path, path.parent.name) for path in self._pictures())

    def load(self, split: str) -> FaceImages:
        """Read one part of the challenge's split; see the base class."""
        if split not in USAGES.values():
            raise CorpusError(f"unknown split {split!r} of fer2013; known: {', '.join(USAGES.values())}")
        if table := self._table():
            rows = [row for row in _rows(table) if USAGES[row.usage] == split]
            pixels = [_pixels(table, row) for row in rows]
            found = np.stack(pixels) if pixels else np.empty((0, SIZE, SIZE), np.uint8)
            emotions = [self.facts.emotion(row.label) for row in rows]
            return labelled_faces([row.name for row in rows], found, emotions, self.classes)
        clips = [clip for clip in self.index() if official_part(clip) == split]
        found = read_gray_faces([clip.path for clip in clips], SIZE)
        return labelled_faces([clip.clip_id for clip in clips], found, [clip.emotion for clip in clips], self.classes)

    def _table(self) -> Path | None:
        if self.root.is_file():
            return self.root
        return next((path for path in find_files(self.root, {".csv"}) if path.name in TABLES), None)

    def _pictures(self) -> list[Path]:
        files = find_files(self.root, IMAGE_SUFFIXES)
        if not files:
            raise self._absent("fer2013.csv, or pictures like train/happy/Training_3908.jpg")
        strange = [path for path in files if path.name.split("_")[0] not in USAGES]
        if strange:
            raise CorpusError(
                f"{strange[0]}: expected a name that begins with {', '.join(USAGES)}, which says the part of the split "
                f"({len(strange)} of {len(files)} pictures have none). Use fer2013.csv, or move these files away"
            )
        return files

    def _clip(self, path: Path, label: str) -> Clip:
        return Clip(path.stem, path, self.name, f"unknown_{path.stem}", self.facts.emotion(label.lower()))


def _rows(table: Path) -> Iterator[_Row]:
    """The rows of the table; headings may have spaces around them, as in icml_face_data.csv."""
    with table.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file)
        header = [name.strip() for name in next(reader, [])]
        if missing := set(COLUMNS) - set(header):
            raise CorpusError(
                f"{table}: expected the columns {', '.join(COLUMNS)}, found none named {', '.join(sorted(missing))}. "
                "train.csv and test.csv of the challenge lack the labels of the test sets; take fer2013.csv"
            )
        emotion, pixels, usage = (header.index(name) for name in COLUMNS)
        for number, row in enumerate(reader):
            part, code = row[usage].strip(), row[emotion].strip()
            if part not in USAGES or not code.isdecimal() or int(code) >= len(CODES):
                raise CorpusError(
                    f"{table}, row {number + 2}: expected an emotion from 0 to {len(CODES) - 1} and a Usage of "
                    f"{', '.join(USAGES)}; found {code!r} and {part!r}"
                )
            yield _Row(f"fer{number:07}", part, CODES[int(code)], row[pixels])


def _pixels(table: Path, row: _Row) -> np.ndarray:
    values = np.array(row.pixels.split(), np.int64)
    if len(values) != SIZE * SIZE or values.min() < 0 or values.max() > 255:
        raise CorpusError(f"{table}, {row.name}: expected {SIZE * SIZE} numbers from 0 to 255, found {len(values)}")
    return values.astype(np.uint8).reshape(SIZE, SIZE)
