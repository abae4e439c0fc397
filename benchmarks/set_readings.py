"""Predictions of networks on sets of faces, cached on disk, so that tables can be made again without inference.

Crops are kept per set and framing, probabilities per set and weights file; both under `<EMO_DATA_DIR>/cache`.
"""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emo_utils.datasets.corpora.ferplus import FerPlus
from emo_utils.datasets.corpora.sample import SampleCorpus
from emo_utils.datasets.registry import corpora
from emo_utils.faces.crops import crop_face
from emo_utils.faces.detector import create_detector
from emo_utils.faces.pictures import crops_of_faces, find_face
from emo_utils.hashing import sha256_of_json
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import Weights
from emo_utils.settings import load_settings
from emo_utils.structures import InputSpec
from emo_utils.suffixes import VIDEO_SUFFIXES
from emo_utils.video import read_frames

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared"))
DETECTOR = "mediapipe"
FRAMES_PER_S = 10.0
BATCH = 128


@dataclass(frozen=True)
class Crops:
    """The faces of a set, one item after the other.

    Attributes:
        pixels: uint8 (M, S, S).
        item: int (M,), the number of the item (picture or clip, 0 to N - 1) of each crop.
        emotions, people: of each item, str (N,).
    """

    pixels: np.ndarray = field(repr=False)
    item: np.ndarray = field(repr=False)
    emotions: np.ndarray = field(repr=False)
    people: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Readings:
    """Predictions of one network on a set; `probabilities` float32 (M, C) under the training prior, a row per crop."""

    weights: Weights
    probabilities: np.ndarray = field(repr=False)
    item: np.ndarray = field(repr=False)
    emotions: np.ndarray = field(repr=False)
    people: np.ndarray = field(repr=False)

    def log_means(self) -> np.ndarray:
        """Mean log-probability of each item over its crops, float64 (N, C)."""
        logs = np.log(np.maximum(self.probabilities.astype(float), 1e-8))
        sums = np.zeros((len(self.emotions), logs.shape[1]))
        np.add.at(sums, self.item, logs)
        return sums / np.bincount(self.item, minlength=len(sums))[:, None]


def readings_of(name: str, weights: Weights) -> Readings:
    """Predictions of the weights on the set `name`, from the cache if they are there."""
    crops = crops_of(name, weights.input_spec)

    def read() -> np.ndarray:
        engine = OnnxEngine(weights, threads=1)
        batches = np.split(crops.pixels, range(BATCH, len(crops.pixels), BATCH))
        return np.concatenate([engine.predict(batch) for batch in batches])

    return Readings(weights, kept(name, weights, read), crops.item, crops.emotions, crops.people)


def kept(name: str, weights: Weights, make: Callable[[], np.ndarray]) -> np.ndarray:
    """The result of `make` for these weights, from the cache if it is there."""
    path = _cache() / f"{name}-{weights.sidecar['sha256'][:16]}-{_digest(weights.input_spec)}.npy"
    if not path.exists():
        made = make()
        _write(path, lambda file: np.save(file, made))
    return np.load(path)


def crops_of(name: str, spec: InputSpec) -> Crops:
    """The crops of the set `name`, from the cache if they are there."""
    path = _cache() / f"{name}-{_digest(spec)}.npz"
    if not path.exists():
        made = SETS[name](spec)
        _write(path, lambda file: np.savez(file, **vars(made)))
    with np.load(path) as stored:
        return Crops(**{key: stored[key] for key in stored.files})


def clip_crops(clips: list[tuple[Path, str, str]], spec: InputSpec) -> Crops:
    """The largest face in about `FRAMES_PER_S` frames a second of clips, given with their emotion and person."""
    pixels, item = [], []
    with closing(create_detector(DETECTOR)) as detector:
        for number, (path, _, _) in enumerate(clips):
            found = (_cut(frame, spec, detector) for frame in read_frames(path, FRAMES_PER_S, threads=1))
            faces = [crop for crop in found if crop is not None]
            pixels += faces
            item += [number] * len(faces)
    return Crops(np.stack(pixels), np.array(item), *_columns(clips))


def ferplus(part: str) -> Callable[[InputSpec], Crops]:
    """A part of FER+: each face unchanged, and detected and cropped again."""

    def cut(spec: InputSpec) -> Crops:
        images = FerPlus().load(part)
        crops = crops_of_faces(images.pixels, spec, "both", DETECTOR)
        item = np.repeat(np.arange(len(images)), [len(framings) for framings in crops])
        emotions = np.array(images.classes)[images.labels]
        pixels = np.stack([crop for framings in crops for crop in framings])
        return Crops(pixels, item, emotions, np.array(images.names))

    return cut


def javanese(spec: InputSpec) -> Crops:
    """240 acted clips of ten people who speak."""
    shared = SHARED / "data" / "javanese"
    corpus = corpora.create("javanese", root=shared if shared.is_dir() else None)
    return clip_crops([(clip.path, clip.emotion, clip.subject_id) for clip in corpus.index()], spec)


def labelled(spec: InputSpec) -> Crops:
    """Seven clips of seven people, named after their emotion."""
    paths = sorted(p for p in (SHARED / "clips" / "labelled").iterdir() if p.suffix.lower() in VIDEO_SUFFIXES)
    return clip_crops([(path, path.stem.split("_")[0], path.stem) for path in paths], spec)


def sample(spec: InputSpec) -> Crops:
    """SYNTHETIC: drawn people, each emotion at its apex."""
    corpus = SampleCorpus()
    alone = {clip.clip_id for clip in corpus.index()}
    truths = [truth for truth in corpus.truth() if truth.clip_id in alone]
    pixels, item = [], []
    with closing(create_detector(DETECTOR)) as detector:
        for number, truth in enumerate(truths):
            apex = truth.apex if truth.apex is not None and truth.apex >= 0 else 10
            frame = next(frame for frame in read_frames(corpus.root / truth.file) if frame.index == apex)
            if (crop := _cut(frame, spec, detector)) is not None:
                pixels.append(crop)
                item.append(number)
    return Crops(np.stack(pixels), np.array(item), *_columns([(None, t.emotion, t.subject_id) for t in truths]))


SETS: dict[str, Callable[[InputSpec], Crops]] = {
    "ferplus_validation": ferplus("validation"),
    "ferplus_test": ferplus("test"),
    "labelled": labelled,
    "javanese": javanese,
    "sample": sample,
}
"""How the crops of each set are made."""


def _columns(clips: list[tuple]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([emotion for _, emotion, _ in clips]), np.array([person for _, _, person in clips])


def _cut(frame, spec: InputSpec, detector) -> np.ndarray | None:
    keypoints = find_face(frame.pixels, detector)
    return None if keypoints is None else crop_face(frame.pixels, keypoints, spec)


def _cache() -> Path:
    folder = load_settings().data_dir / "cache" / "networks_by_sets"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _digest(spec: InputSpec) -> str:
    """Hash of the settings that a crop depends on."""
    about = {key: value for key, value in spec.to_dict().items() if key not in ("mean", "std")}
    return sha256_of_json(about)[:8]


def _write(path: Path, write: Callable) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        write(file)
    os.replace(part, path)
