"""Run weights on crops with ONNX Runtime."""

import os
from collections.abc import Sequence

import numpy as np

from emo_utils.errors import WeightsError
from emo_utils.inference.prior import change_prior, prior_ratio
from emo_utils.inference.weights import Weights


class OnnxEngine:
    """A network ready to read crops; scaling, normalisation and softmax are inside the ONNX file.

    Args:
        weights: what to run.
        threads: of the processor; None takes up to four.
        prior: the class shares under which probabilities are given: `uniform`, or the name of the weights' corpus,
            which leaves them as trained; None is the latter. See `inference.prior`.

    Attributes:
        prior: the name of the prior that is used.
        uncertain_below: the top probability under which a face is `uncertain` under this prior.

    Raises:
        UnknownNameError: a prior that the weights do not know.
        WeightsError: the sidecar names other classes than the network gives, or not the shares that a prior needs.
    """

    def __init__(self, weights: Weights, threads: int | None = None, prior: str | None = None):
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or min(4, os.cpu_count() or 1)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.weights = weights
        self.prior = weights.corpus if prior is None else prior
        self.uncertain_below = weights.uncertain_under(self.prior)
        self._ratio = prior_ratio(self.prior, weights.corpus, weights.prior, weights.classes, weights.sharpness)
        self._session = onnxruntime.InferenceSession(str(weights.path), options, providers=["CPUExecutionProvider"])
        outputs = self._session.get_outputs()[0].shape[-1]
        if outputs != len(weights.classes):
            raise WeightsError(
                f"{weights.path}: its sidecar names {len(weights.classes)} classes, the network gives {outputs}"
            )

    def predict(self, crops: np.ndarray) -> np.ndarray:
        """Probabilities float32 (N, C) of uint8 crops (N, S, S), under the engine's prior."""
        size = self.weights.input_spec.size
        if crops.dtype != np.uint8 or crops.shape[1:] != (size, size):
            raise ValueError(f"expected uint8 crops (N, {size}, {size}), found {crops.dtype} {crops.shape}")
        read = self._session.run(None, {"faces": crops})[0]
        return read if self._ratio is None else change_prior(read, self._ratio)

    def predict_each(self, crops: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
        """Probabilities float32 (N, C) of N pictures with one or more crops uint8 (S, S) each; see `joined`."""
        of = np.repeat(np.arange(len(crops)), [len(few) for few in crops])
        return joined(self.predict(np.stack([crop for few in crops for crop in few])), of)


def joined(read: np.ndarray, of: np.ndarray) -> np.ndarray:
    """One reading of each picture: the mean of the logarithms of its crops' readings, normalised.

    That is the mean of their logits, as networks in one file are joined too; a change of the prior, before or after it,
    comes to the same.

    Args:
        read: probabilities (M, C) of crops.
        of: int (M,), which of the N pictures each is of; every one of 0 to N - 1 is there.

    Returns:
        Float (N, C), of the kind of `read`.
    """
    counts = np.bincount(of)
    if (counts == 1).all() and (np.diff(of) > 0).all():
        return read
    from scipy.special import softmax  # slow to load, and not needed for a clip

    sums = np.zeros((len(counts), read.shape[1]))
    np.add.at(sums, of, np.log(np.maximum(read, np.finfo(np.float32).tiny)))
    return softmax(sums / counts[:, None], axis=1).astype(read.dtype)
