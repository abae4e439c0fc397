"""The sample corpus: synthetic people, made here, with exactly known emotions, identities, onsets, apexes, offsets.

One public-domain portrait is warped into many synthetic people, and each emotion is played by its facial action units
(see `datasets.synthetic`). It feeds demonstrations, notebooks and tests, and measures code that looks for apexes,
segments and tracks. It is synthetic: figures from it say whether code works and are never offered as accuracy.
"""

import csv
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, fields, replace
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from emo_utils.datasets.corpus import Corpus, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.synthetic.cast import Subject, make_cast
from emo_utils.datasets.synthetic.script import (
    CROSSING_PREFIX,
    CROSSING_SIZE_PX,
    CROSSINGS,
    FPS,
    SIZE_PX,
    Truth,
    crossing,
    film,
    solo,
)
from emo_utils.errors import CorpusError
from emo_utils.output import whole_folder
from emo_utils.structures import Clip
from emo_utils.video_writer import write_video

CLASSES = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")
RECIPE = "recipe.json"
VERSION = 1
"""Of the drawing; raise it when pictures change, and corpora made before are made again."""


def render_frames(subject: Subject, emotion: str, take: int, seed: int) -> Iterator[np.ndarray]:
    """Draw the frames of one clip of the corpus: uint8 (256, 256, 3) RGB."""
    yield from film([solo(subject, emotion, take, seed)], (SIZE_PX, SIZE_PX), seed)


def make_sample_clip(path: Path | str) -> Truth:
    """Make the clip of `make demo`: four seconds of one synthetic person, neutral, then a full smile, then neutral.

    Args:
        path: where to write the mp4.
    """
    subject = make_cast(5, seed=0)[4]  # nine of twelve are read as neutral at rest; the first is not
    part = solo(subject, "happiness", 1, seed=0, frames=120)
    truth = replace(part.truth, onset=30, apex=52, offset=92, blinks=(14, 104), file=Path(path).name)
    write_video(path, film([part._replace(truth=truth)], (SIZE_PX, SIZE_PX), seed=0), FPS)
    return truth


@corpora.register("sample")
class SampleCorpus(Corpus):
    """Synthetic people, seven emotions, and scenes in which two persons cross; made on first use.

    At its defaults: 12 people, two takes, 168 clips of three seconds at 30 frames a second and 256 x 256 pixels, and
    three crossings; about a minute on two cores. Figures from it are never offered as accuracy.

    Args:
        root: by default `<EMO_DATA_DIR>/raw/sample`.
        subjects, takes, seed: what to make; the same numbers give the same bytes on the same machine.
        workers: processes that make clips; by default one per core.
    """

    synthetic = True
    facts = Facts(
        name="sample",
        title="Sample corpus (synthetic)",
        labels={emotion: emotion for emotion in CLASSES},
        licence="made by this package from a NASA portrait in the public domain; free to use",
        citation="synthetic; portrait of Eileen Collins: NASA, as shipped in scikit-image",
        homepage="https://scikit-image.org",
        obtain="It is made on first use.",
        synthetic=True,
        notes="Synthetic: figures from it say whether code works and are never offered as accuracy.",
    )

    def __init__(
        self,
        root: Path | str | None = None,
        subjects: int = 12,
        takes: int = 2,
        seed: int = 0,
        workers: int | None = None,
    ):
        super().__init__(root)
        self._recipe = {"synthetic": True, "version": VERSION, "subjects": subjects, "takes": takes, "seed": seed}
        self._workers = workers or os.cpu_count() or 1

    def fetch(self, progress: bool = True) -> Path:
        """Make the corpus where it is not there yet; nothing is downloaded."""
        self._make_once(progress)
        return self.root

    def published_count(self) -> int:
        """Clips with one person."""
        return len(CLASSES) * self._recipe["subjects"] * self._recipe["takes"]

    def index(self) -> list[Clip]:
        """All clips with one person, in order of their names; makes the corpus where it is not there yet.

        Raises:
            CorpusError: the folder holds something else than a sample corpus.
        """
        return in_order(
            Clip(truth.clip_id, self.root / truth.file, self.name, truth.subject_id, truth.emotion)
            for truth in self.truth()
            if not truth.clip_id.startswith(CROSSING_PREFIX)
        )

    def crossings(self) -> dict[Path, list[Truth]]:
        """The scenes in which two persons cross, and what each of the two does."""
        scenes: dict[Path, list[Truth]] = {}
        for truth in self.truth():
            if truth.clip_id.startswith(CROSSING_PREFIX):
                scenes.setdefault(self.root / truth.file, []).append(truth)
        return scenes

    def truth(self) -> list[Truth]:
        """One row per clip and person: emotions, identities and frames of onset, apex, offset, exactly."""
        self._make_once()
        with (self.root / "truth.csv").open(newline="") as file:
            return [_from_row(row) for row in csv.DictReader(file)]

    def _make_once(self, progress: bool = True) -> None:
        found = self._found()
        if found == self._recipe:
            return
        if self.root.exists() and found | {"version": VERSION} != self._recipe:
            raise CorpusError(
                f"{self.root} exists but holds something else than this sample corpus: expected {RECIPE} with "
                f"{self._recipe}, found {found or 'none'}. Move it away, or name another folder with root="
            )
        with whole_folder(self.root, made_elsewhere=lambda: self._found() == self._recipe) as part:
            self._make(part, progress)

    def _found(self) -> dict:
        path = self.root / RECIPE
        return json.loads(path.read_text()) if path.exists() else {}

    def _make(self, folder: Path, progress: bool) -> None:
        cast, seed = make_cast(self._recipe["subjects"], self._recipe["seed"]), self._recipe["seed"]
        numbers = range(1, self._recipe["takes"] + 1)
        parts = [(subject, emotion, take) for subject in cast for take in numbers for emotion in CLASSES]
        pairs = list(zip(cast[::2], cast[1::2], CROSSINGS))  # noqa: B905  (as many scenes as there are pairs)
        tasks = [(_make_solo, (folder, *part, seed)) for part in parts]
        tasks += [(_make_crossing, (folder, *pair, seed)) for pair in pairs]
        truths = sorted(_run(tasks, self._workers, progress), key=lambda truth: truth.clip_id)
        _write_truth(folder / "truth.csv", truths)
        (folder / "README.txt").write_text(" ".join((__doc__ or "").split()) + "\n")
        (folder / RECIPE).write_text(json.dumps(self._recipe, indent=1) + "\n")


def _run(tasks: list[tuple], workers: int, progress: bool) -> list[Truth]:
    title = "making the sample corpus (synthetic)"
    if workers == 1:
        shown = tqdm(tasks, title, delay=2, disable=None if progress else True)
        return [truth for make, args in shown for truth in make(*args)]
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)
    ) as pool:
        futures = [pool.submit(make, *args) for make, args in tasks]
        try:
            done = tqdm(futures, title, delay=2, disable=None if progress else True)
            return [truth for future in done for truth in future.result()]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _make_solo(folder: Path, subject: Subject, emotion: str, take: int, seed: int) -> list[Truth]:
    part = solo(subject, emotion, take, seed)
    write_video(folder / part.truth.file, film([part], (SIZE_PX, SIZE_PX), seed), FPS)
    return [part.truth]


def _make_crossing(folder: Path, first: Subject, second: Subject, emotions: tuple[str, str], seed: int) -> list[Truth]:
    played = crossing((first, second), emotions, seed)
    truths = [part.truth for part in played]
    write_video(folder / truths[0].file, film(played, CROSSING_SIZE_PX, seed), FPS)
    return truths


def _write_truth(path: Path, truths: list[Truth]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Truth)] + ["synthetic"], lineterminator="\n")
        writer.writeheader()
        for truth in truths:
            row = asdict(truth) | {"synthetic": True}
            writer.writerow({k: " ".join(map(str, v)) if isinstance(v, tuple) else v for k, v in row.items()})


def _from_row(row: dict[str, str]) -> Truth:
    def numbers(name: str, kind: type) -> tuple:
        return tuple(kind(value) for value in row[name].split())

    marks = {name: int(row[name]) if row[name] else None for name in ("onset", "apex", "offset")}
    counts = {name: int(row[name]) for name in ("take", "frames", "fps")}
    names = {name: row[name] for name in ("clip_id", "file", "subject_id", "emotion")}
    path = {"eyes_x": numbers("eyes_x", float), "eyes_y": numbers("eyes_y", float)}
    return Truth(**names, **counts, **marks, blinks=numbers("blinks", int), **path)
