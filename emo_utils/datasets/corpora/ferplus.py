"""FER+: 35,710 gray faces of 48x48 pixels, ten votes each, in Microsoft's layout.

Labels: E. Barsoum, C. Zhang, C. Canton Ferrer, Z. Zhang, "Training Deep Networks for Facial Expression Recognition
with Crowd-Sourced Label Distribution", ICMI 2016. Pictures: the ICML 2013 challenge (I. Goodfellow et al., 2013).

The layout, in a zip or a folder::

    FER2013Train/*.png  FER2013Valid/*.png  FER2013Test/*.png     (or the same under one more folder)
    fer2013new.csv      Usage, Image name, neutral ... contempt, unknown, NF
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from emo_utils.datasets.corpus import FaceCorpus, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError, UnknownNameError
from emo_utils.registry import unknown_name
from emo_utils.settings import load_settings
from emo_utils.structures import Clip, FaceImages

CLASSES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""The file's own column order."""

COLUMNS = (*CLASSES, "unknown", "NF")
"""Ten vote columns: `unknown` (cannot tell) and `NF` (not a face) may win the vote, and then the image is dropped."""

SPLITS = {
    "train": ("Training", "FER2013Train"),
    "validation": ("PublicTest", "FER2013Valid"),
    "test": ("PrivateTest", "FER2013Test"),
}
SIZE = 48


RULES = ("plurality", "majority")
"""How ten votes become a label: `plurality` takes the column with the most of them, the first on a tie. `majority` is
Microsoft's mode of that name (`ferplus.py` of its FERPlus repository), which the published accuracies use: single votes
are dropped, then only pictures are kept whose winner has more than half of the votes that are left. Either way pictures
whose winner is `unknown` or `NF` are dropped. No picture has another label by one rule than by the other; 3,546
pictures of the test split have one by `plurality`, 3,153 by `majority`."""


def official_part(clip: Clip) -> str:
    """The part of the published split whose folder holds the picture."""
    return next(part for part, (_, folder) in SPLITS.items() if clip.path.parent.name == folder)


@corpora.register("ferplus")
class FerPlus(FaceCorpus):
    """FER+ with its official split. Who is in the pictures is not known, so no split by person can be made.

    Args:
        archive: the zip or folder; by default `FERPLUS_ARCHIVE`, then `<EMO_DATA_DIR>/raw/ferplus.zip`.
        root: the same, under the name that other corpora give it.
        rule: one of `RULES`.

    Raises:
        UnknownNameError: another rule.
    """

    rules = RULES
    facts = Facts(
        name="ferplus",
        title="FER+",
        labels={name: name for name in CLASSES},
        licence="labels MIT (Microsoft); pictures of the ICML 2013 challenge, for research",
        citation="Barsoum et al., ICMI 2016; Goodfellow et al., 2013",
        homepage="https://github.com/microsoft/FERPlus",
        obtain="Take the labels from the homepage and the pictures from the ICML 2013 challenge; set FERPLUS_ARCHIVE "
        "to the zip or folder that holds fer2013new.csv, FER2013Train, FER2013Valid, FER2013Test.",
        people_known=False,
        official_part=official_part,
        notes="Stills from the web. People are not named, so the same person may be in two parts of the official "
        "split. Pictures whose vote went to `unknown` or `NF` are left out. The table names four pictures twice. "
        "Labels by `plurality` of the votes, or by `majority` as Microsoft's code has it (`rule`).",
    )

    def __init__(self, archive: Path | str | None = None, root: Path | str | None = None, rule: str = "plurality"):
        if rule not in RULES:
            raise UnknownNameError(unknown_name("label rule of FER+", rule, RULES))
        settings = load_settings()
        self.rule = rule
        self.archive = Path(archive or root or settings.ferplus_archive or settings.data_dir / "raw" / "ferplus.zip")
        super().__init__(self.archive)

    def index(self) -> list[Clip]:
        """One clip per picture that keeps a label; each counts as a person of its own.

        The path of a picture in a zip is the zip's path and the picture's path in it; `load` reads the pixels. The
        published table has four rows twice, which `load` gives twice, as all published figures do; here they are one.

        Raises:
            CorpusError: the archive is absent, or not in Microsoft's layout.
        """
        with open_archive(self.archive) as files:
            rows = [row for row in files.read_table() if row["Image name"]]
            kept, labels, _ = label_votes(_votes(rows), self.rule)
            folders = dict(SPLITS.values())
            paths = [self.archive / files.path(folders[rows[i]["Usage"]], rows[i]["Image name"]) for i in kept]
        named = dict(zip(paths, labels, strict=True)).items()
        return in_order(Clip(p.stem, p, self.name, f"unknown_{p.stem}", CLASSES[label]) for p, label in named)

    def load(self, split: str) -> FaceImages:
        """Read one official split (`train`, `validation`, `test`) into memory.

        `RULES` says which pictures have a label, and which. Votes are a distribution over the eight emotions after
        single votes are removed, as the authors' own code does; counts are the votes themselves, those for `unknown`
        and `NF` left out, so that a row may have fewer than ten.

        Raises:
            CorpusError: the archive is absent, or not in Microsoft's layout.
        """
        if split not in SPLITS:
            raise CorpusError(f"unknown split {split!r} of ferplus; known: {', '.join(SPLITS)}")
        usage, folder = SPLITS[split]
        with open_archive(self.archive) as files:
            rows = [row for row in files.read_table() if row["Usage"] == usage and row["Image name"]]
            votes = _votes(rows)
            kept, labels, distribution = label_votes(votes, self.rule)
            names = tuple(rows[i]["Image name"] for i in kept)
            pixels = np.stack([files.read_image(folder, name) for name in names])
        return FaceImages(names, pixels, distribution, labels, CLASSES, votes[kept, : len(CLASSES)])


def _votes(rows: list[dict[str, str]]) -> np.ndarray:
    return np.array([[int(row[column]) for column in COLUMNS] for row in rows], np.float32)


def label_votes(votes: np.ndarray, rule: str = "plurality") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn votes (N, 10) into kept rows (M,), labels (M,) and distributions over the eight emotions (M, 8).

    Args:
        votes: of each picture.
        rule: one of `RULES`.
    """
    winner, clear = votes.argmax(axis=1), True
    if rule == "majority":
        several = np.where(votes > 1, votes, 0)
        winner, clear = several.argmax(axis=1), several.max(axis=1) > several.sum(axis=1) / 2
    kept = np.flatnonzero((winner < len(CLASSES)) & clear)
    emotions = votes[kept, : len(CLASSES)]
    without_single = np.where(emotions > 1, emotions, 0)
    usable = np.where(without_single.sum(axis=1, keepdims=True) > 0, without_single, emotions)
    return kept, winner[kept].astype(np.int64), (usable / usable.sum(axis=1, keepdims=True)).astype(np.float32)


class _Files:
    """The table and the pictures of FER+, read from a zip or a folder."""

    def __init__(self, source: Path, names: list[str], read):
        self._source, self._read = source, read
        tables = [name for name in names if Path(name).name == "fer2013new.csv"]
        if not tables:
            raise CorpusError(
                f"{source} is not FER+ in Microsoft's layout: expected fer2013new.csv beside the folders "
                f"{', '.join(folder for _, folder in SPLITS.values())}; found {len(names)} files without it"
            )
        self._table = tables[0]
        self._root = str(Path(self._table).parent)

    def read_table(self) -> list[dict[str, str]]:
        rows = list(csv.DictReader(io.StringIO(self._read(self._table).decode("utf-8-sig"))))
        missing = {"Usage", "Image name", *COLUMNS} - set(rows[0] if rows else ())
        if missing:
            raise CorpusError(f"{self._table} in {self._source} lacks the columns {', '.join(sorted(missing))}")
        return rows

    def path(self, folder: str, name: str) -> str:
        return (Path(self._root) / folder / name).as_posix()

    def read_image(self, folder: str, name: str) -> np.ndarray:
        path = self.path(folder, name)
        try:
            data = self._read(path)
        except (KeyError, FileNotFoundError):
            raise CorpusError(f"{self._table} names {name}, but {path} is not in {self._source}") from None
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        if image is None or image.shape != (SIZE, SIZE):
            found = "no picture" if image is None else f"{image.shape[1]}x{image.shape[0]}"
            raise CorpusError(f"{path} in {self._source}: expected {SIZE}x{SIZE} gray pixels, found {found}")
        return image


@contextmanager
def open_archive(source: Path) -> Iterator[_Files]:
    """Open FER+ from a zip or a folder."""
    if source.is_dir():
        names = [path.relative_to(source).as_posix() for path in source.rglob("*.csv")]
        yield _Files(source, names, lambda name: (source / name).read_bytes())
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            yield _Files(source, archive.namelist(), archive.read)
    else:
        found = "which is not a zip" if source.exists() else "which does not exist"
        raise CorpusError(
            f"FER+ was looked for at {source}, {found}. Set FERPLUS_ARCHIVE (in the environment or in .env) to the "
            "zip or folder that holds fer2013new.csv and FER2013Train, FER2013Valid, FER2013Test"
        )
