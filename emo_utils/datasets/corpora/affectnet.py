"""AffectNet, manually labelled: 291,651 faces from the web in eight emotions, as its authors give them out.

A. Mollahosseini, B. Hasani, M. H. Mahoor, "AffectNet: A Database for Facial Expression, Valence, and Arousal Computing
in the Wild", IEEE Trans. Affective Computing 10(1), 2019. The layouts::

    train_set/images/0.jpg, train_set/annotations/0_exp.npy       faces of 224x224 pixels (given out since 2021)
    val_set/images/..., val_set/annotations/...
    training.csv, validation.csv, Manually_Annotated_Images/689/737d.jpg     whole pictures (before)

Codes: 0 neutral, 1 happy, 2 sad, 3 surprise, 4 fear, 5 disgust, 6 anger, 7 contempt; 8 none, 9 uncertain, 10 no face.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from emo_utils.datasets.corpus import Corpus, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip

FOLDERS = {"train_set": "train", "val_set": "validation"}
TABLES = {"training.csv": "train", "validation.csv": "validation"}
PICTURES_OF_TABLES = "Manually_Annotated_Images"
PATH, EXPRESSION = "subDirectory_filePath", "expression"
ANNOTATION = "_exp.npy"
WITHOUT_EMOTION = ("8", "9", "10")
"""Codes of pictures that have no emotion, are uncertain, or show no face; they are left out."""
PICTURES = 291651
"""Of the publication, in eight emotions: 287,651 to train and 4,000 to validate."""


def official_part(clip: Clip) -> str:
    """The published part; the test part was never given out."""
    return clip.clip_id.split("_")[0]


@corpora.register("affectnet")
class AffectNet(Corpus):
    """AffectNet, one clip per manually labelled picture of the eight emotions. Who is in them is not known."""

    facts = Facts(
        name="affectnet",
        title="AffectNet (eight emotions)",
        labels={
            "0": "neutral",
            "1": "happiness",
            "2": "sadness",
            "3": "surprise",
            "4": "fear",
            "5": "disgust",
            "6": "anger",
            "7": "contempt",
        },
        licence="for research at universities, by agreement with its authors; not to be passed on",
        citation="Mollahosseini et al., IEEE Trans. Affective Computing 10(1), 2019",
        homepage="http://mohammadmahoor.com/affectnet/",
        obtain="Ask its authors for it (homepage), and put train_set and val_set, or training.csv, validation.csv and "
        f"{PICTURES_OF_TABLES}, there.",
        people_known=False,
        official_part=official_part,
        notes="Stills from the web, each labelled by one person. Pictures labelled none, uncertain or no face are left "
        "out. The published split has no test part: figures are of the validation part. People are not named.",
    )

    def published_count(self) -> int:
        """Pictures of the publication with one of the eight emotions."""
        return PICTURES

    def index(self) -> list[Clip]:
        """One clip per picture; each counts as a person of its own. See the base class.

        Of `train_set` and `val_set` a file is opened per picture, which takes minutes for the whole corpus.
        """
        found = [*self._from_folders(), *self._from_tables()]
        if not found:
            raise self._absent("train_set/annotations/0_exp.npy, or training.csv")
        return in_order(found)

    def _from_folders(self) -> Iterator[Clip]:
        for name, part in FOLDERS.items():
            for folder in sorted(self.root.rglob(name)):
                for path in sorted((folder / "annotations").glob(f"*{ANNOTATION}")):
                    number, code = path.name.removesuffix(ANNOTATION), _code(path)
                    picture = folder / "images" / f"{number}.jpg"
                    if code not in WITHOUT_EMOTION:
                        yield self._clip(f"{part}_{number}", picture, code)

    def _from_tables(self) -> Iterator[Clip]:
        for name, part in TABLES.items():
            for table in sorted(self.root.rglob(name)):
                folder = self._pictures(table)
                for row in _rows(table):
                    picture, code = folder / row[PATH], row[EXPRESSION].strip()
                    if code not in WITHOUT_EMOTION:
                        yield self._clip(f"{part}_{picture.parent.name}_{picture.stem}", picture, code)

    def _pictures(self, table: Path) -> Path:
        folder = next(iter(sorted(self.root.rglob(PICTURES_OF_TABLES))), None)
        if folder is None:
            raise CorpusError(f"AffectNet: expected the folder {PICTURES_OF_TABLES} beside {table}, found none")
        return folder

    def _clip(self, clip_id: str, path: Path, code: str) -> Clip:
        return Clip(clip_id, path, self.name, f"unknown_{clip_id}", self.facts.emotion(code))


def _code(path: Path) -> str:
    """The label of one picture; the files hold a number as text."""
    try:
        return str(int(np.load(path, allow_pickle=False).item()))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: expected one number, found something else ({error}); copy the file again") from None


def _rows(table: Path) -> Iterator[dict[str, str]]:
    with table.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if missing := {PATH, EXPRESSION} - set(reader.fieldnames or ()):
            raise CorpusError(f"{table}: expected the columns {PATH} and {EXPRESSION}, found no {', '.join(missing)}")
        yield from reader
