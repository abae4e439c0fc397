"""Run weights on crops with ONNX Runtime."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from emo_utils.errors import WeightsError
from emo_utils.inference.devices import CPU, note_device, providers_for
from emo_utils.inference.prior import change_prior, prior_ratio
from emo_utils.inference.weights import Weights

PROBABILITIES, EMBEDDINGS = "probabilities", "embeddings"
"""Outputs of an ONNX file; the second is absent from a file of several networks."""


@dataclass(frozen=True)
class FaceReading:
    """What a network gives for N crops.

    Attributes:
        probabilities: float32 (N, C), under the engine's prior.
        embeddings: float32 (N, F), the features before the last layer.
    """

    probabilities: np.ndarray
    embeddings: np.ndarray = field(repr=False)


class OnnxEngine:
    """Runs a network on crops; scaling, normalisation and softmax are inside the ONNX file.

    Args:
        weights: the network to run.
        threads: number of threads; None takes up to four.
        prior: the class shares that probabilities assume: `uniform`, or the name of the training corpus, which leaves
            the output unchanged; None: the latter. See `inference.prior`.
        device: one of `devices.DEVICES`.

    Attributes:
        prior: the name of the prior that is used.
        uncertain_below: the top probability under which a face is `uncertain` under this prior.
        features: length F of an embedding; 0 if the file gives none.

    Raises:
        UnknownNameError: a prior that these weights do not have, or an unknown device.
        EmoError: ONNX Runtime cannot use that device here.
        WeightsError: the sidecar does not fit the output of the network, or lacks the shares that the prior needs.
    """

    def __init__(self, weights: Weights, threads: int | None = None, prior: str | None = None, device: str = CPU):
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(4, os.cpu_count() or 1)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.weights = weights
        self.prior = weights.corpus if prior is None else prior
        self.uncertain_below = weights.uncertain_under(self.prior)
        self._ratio = prior_ratio(self.prior, weights.corpus, weights.prior, weights.classes, weights.sharpness)
        providers = providers_for(device, onnxruntime.get_available_providers())
        self._session = onnxruntime.InferenceSession(str(weights.path), options, providers=providers)
        note_device(device, self._session.get_providers(), weights.name)
        shapes = {output.name: output.shape for output in self._session.get_outputs()}
        self.features = shapes[EMBEDDINGS][-1] if EMBEDDINGS in shapes else 0
        outputs = shapes[PROBABILITIES][-1]
        if outputs != len(weights.classes):
            raise WeightsError(
                f"{weights.path}: its sidecar names {len(weights.classes)} classes, the network gives {outputs}"
            )

    def predict(self, crops: np.ndarray) -> np.ndarray:
        """Probabilities float32 (N, C) of uint8 crops (N, S, S), or RGB (N, S, S, 3), under the engine's prior."""
        return self._run([PROBABILITIES], crops)[0]

    def read(self, crops: np.ndarray) -> FaceReading:
        """Probabilities and embeddings of uint8 crops (N, S, S), in one pass of the network.

        Raises:
            WeightsError: the file gives no embeddings.
        """
        self.check_embeddings()
        return FaceReading(*self._run([PROBABILITIES, EMBEDDINGS], crops))

    def check_embeddings(self) -> None:
        """Raise WeightsError if the file gives no embeddings."""
        if not self.features:
            raise WeightsError(
                f"{self.weights.path}: expected the output {EMBEDDINGS!r}, found none; take weights of one "
                "network, such as ferplus, or export the run again"
            )

    def _run(self, outputs: list[str], crops: np.ndarray) -> list[np.ndarray]:
        spec = self.weights.input_spec
        shape = (spec.size, spec.size) if spec.colour == "gray" else (spec.size, spec.size, 3)
        if crops.dtype != np.uint8 or crops.shape[1:] != shape:
            raise ValueError(
                f"expected uint8 crops (N, {', '.join(map(str, shape))}), found {crops.dtype} {crops.shape}"
            )
        crops = crops if spec.colour == "gray" else np.ascontiguousarray(crops.transpose(0, 3, 1, 2))
        probabilities, *others = self._session.run(outputs, {"faces": crops})
        return [probabilities if self._ratio is None else change_prior(probabilities, self._ratio), *others]

    def predict_each(self, crops: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
        """Probabilities float32 (N, C) of N pictures with one or more crops uint8 (S, S) each; see `joined`."""
        picture_of = np.repeat(np.arange(len(crops)), [len(of_picture) for of_picture in crops])
        return joined(self.predict(np.stack([crop for of_picture in crops for crop in of_picture])), picture_of)


def joined(probabilities: np.ndarray, picture_of: np.ndarray) -> np.ndarray:
    """One prediction per picture: the mean of the log-probabilities of its crops, normalised.

    This equals the mean of their logits, which also joins several networks in one file. A change of the prior before or
    after it gives the same result.

    Args:
        probabilities: float (M, C) of crops.
        picture_of: int (M,), the picture of each crop, 0 to N - 1; each number occurs.

    Returns:
        Float (N, C), of the dtype of `probabilities`.
    """
    counts = np.bincount(picture_of)
    if (counts == 1).all() and (np.diff(picture_of) > 0).all():
        return probabilities
    from scipy.special import softmax  # slow to load, and not needed for a clip

    sums = np.zeros((len(counts), probabilities.shape[1]))
    np.add.at(sums, picture_of, np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)))
    return softmax(sums / counts[:, None], axis=1).astype(probabilities.dtype)
