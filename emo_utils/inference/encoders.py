"""Frozen encoders: weights whose features of a face, before their last layer, are the input of networks over time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from emo_utils.errors import WeightsError
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.person_features import pool_frames
from emo_utils.inference.weights import Weights, find_weights
from emo_utils.representations.face_sequence import Cutter
from emo_utils.structures import InputSpec
from emo_utils.video import Picture

BATCH = 32
"""Faces that an encoder reads at once."""

KEPT = 1000
"""Number of faces whose embeddings are kept while a clip is read."""


@dataclass(frozen=True)
class Encoder:
    """Weights as an encoder of faces.

    Attributes:
        name: as given: a shipped name, an ONNX file, or the folder of a run.
        weights: what was found.
        threads: of ONNX Runtime; None takes its default here.
    """

    name: str
    weights: Weights = field(repr=False)
    threads: int | None = None
    _engines: list[OnnxEngine] = field(default_factory=list, repr=False, compare=False)

    @property
    def engine(self) -> OnnxEngine:
        """The running network, made at the first use."""
        if not self._engines:
            self._engines.append(OnnxEngine(self.weights, self.threads))
        return self._engines[0]

    @property
    def key(self) -> str:
        """A name for files: that of the weights, and twelve digits of their hash."""
        return f"{self.weights.name.replace('/', '_')}-{self.weights.sidecar['sha256'][:12]}"

    def describe(self) -> dict:
        """Name and hash, for an experiment and a sidecar."""
        return {"weights": self.name, "sha256": self.weights.sidecar["sha256"]}

    def embed(self, crops: np.ndarray) -> np.ndarray:
        """Features float32 (N, F) of crops uint8 (N, S, S).

        Raises:
            WeightsError: the file has no output `embeddings`.
        """
        batches = np.split(crops, range(BATCH, len(crops), BATCH))
        return np.concatenate([self.engine.read(batch).embeddings for batch in batches])


def open_encoders(names: Sequence[str], threads: int | None = None) -> tuple[Encoder, ...]:
    """Find encoders by name, file or folder of a run; their features stand side by side in the order of the names.

    Raises:
        UnknownNameError, WeightsError, RunError: see `find_weights`.
        WeightsError: they read different crops.
    """
    found = tuple(Encoder(str(name), find_weights(name), threads) for name in names)
    crops = {crop_spec(encoder) for encoder in found}
    if len(crops) > 1:
        said = "; ".join(f"{encoder.name}: {crop_spec(encoder)}" for encoder in found)
        raise WeightsError(f"encoders side by side read the same crops of a face, found {said}; take others")
    return found


def crop_spec(encoder: Encoder) -> InputSpec:
    """The crop that an encoder reads, without what belongs to its own normalisation."""
    spec = encoder.weights.input_spec
    if spec.colour != "gray" or spec.channels != 1:
        raise WeightsError(
            f"{encoder.name}: expected weights that read one gray face, found {spec.channels} channels, {spec.colour}"
        )
    return replace(spec, representation="frame", mean=InputSpec.mean, std=InputSpec.std, interval=None)


def embed_faces(encoders: Sequence[Encoder], crops: np.ndarray) -> np.ndarray:
    """Features of all encoders side by side, float32 (N, F), of crops uint8 (N, S, S)."""
    return np.concatenate([encoder.embed(crops) for encoder in encoders], axis=1)


@dataclass(frozen=True)
class PooledSample:
    """Makes the input of a head on statistics over time: float32 (P,), see `person_features.pool_frames`.

    Attributes:
        make: makes the embeddings of a window, float32 (T, F).
        quantiles: of the statistics.
    """

    make: Callable[[Iterable[Picture], Cutter], np.ndarray | None]
    quantiles: tuple[float, ...] = ()

    def __call__(self, pictures: Iterable[Picture], cutter: Cutter) -> np.ndarray | None:
        """See `Windowed.sample`."""
        frames = self.make(pictures, cutter)
        return None if frames is None else pool_frames(frames, self.quantiles)


@dataclass
class EmbeddedSample:
    """Makes the input of a network over embeddings: float32 (T, F), from the faces of a window.

    Windows overlap, so the embeddings of the last `KEPT` different faces are kept.

    Attributes:
        make: makes the faces of a window, uint8 (T, 1, S, S): `Windowed.sample`.
        encoders: read each face once.
    """

    make: Callable[[Iterable[Picture], Cutter], np.ndarray | None]
    encoders: Sequence[Encoder]
    _kept: dict[bytes, np.ndarray] = field(default_factory=dict, repr=False)

    def __call__(self, pictures: Iterable[Picture], cutter: Cutter) -> np.ndarray | None:
        """See `Windowed.sample`."""
        faces = self.make(pictures, cutter)
        if faces is None:
            return None
        crops = {crop.tobytes(): crop for crop in faces[:, 0]}
        new = [key for key in crops if key not in self._kept]
        if new:
            self._kept |= dict(zip(new, embed_faces(self.encoders, np.stack([crops[key] for key in new])), strict=True))
        found = np.stack([self._kept[crop.tobytes()] for crop in faces[:, 0]])
        for key in list(self._kept)[: max(0, len(self._kept) - KEPT)]:
            del self._kept[key]
        return found
