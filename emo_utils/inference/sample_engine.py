"""Run networks on samples as in training: windows of a clip, apex crops, rows of features; with ONNX Runtime."""

from collections.abc import Sequence

import numpy as np

from emo_utils.errors import WeightsError
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.prior import change_prior
from emo_utils.representations.sequence import pad_sequences

MASK = "mask"
"""The input bool (N, T) of networks on sequences: True where a frame is real."""


class SampleEngine(OnnxEngine):
    """Runs a network whose input is one training sample; see `OnnxEngine` for arguments and errors.

    Attributes:
        shape: of one sample; the first number of a sequence is the largest number of frames.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._inputs = {one.name: one.shape for one in self._session.get_inputs()}
        self._name = next(name for name in self._inputs if name != MASK)
        self.shape = tuple(self._inputs[self._name][1:])

    def predict_samples(self, samples: Sequence[np.ndarray]) -> np.ndarray:
        """Probabilities float32 (N, C), under the engine's prior, of N samples as in training.

        Args:
            samples: each uint8 (C, S, S), float32 (F,), or a sequence of up to `shape[0]` frames, uint8 (T, C, S, S)
                or float32 (T, F); longer ones are cut.

        Raises:
            WeightsError: samples of another shape than the network accepts.
        """
        found = {sample.shape[1:] if MASK in self._inputs else sample.shape for sample in samples}
        expected = self.shape[1:] if MASK in self._inputs else self.shape
        if found != {expected}:
            raise WeightsError(f"{self.weights.name}: expected samples {expected}, found {sorted(found)}")
        probabilities = self._session.run(["probabilities"], self.inputs(samples))[0]
        return probabilities if self._ratio is None else change_prior(probabilities, self._ratio)

    def inputs(self, samples: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """The inputs of the ONNX file for these samples, by name."""
        return inputs_of(samples, self._name, self.shape[0] if MASK in self._inputs else None)


def inputs_of(samples: Sequence[np.ndarray], name: str, length: int | None) -> dict[str, np.ndarray]:
    """Samples as inputs of an ONNX file: `name`, and for sequences, padded to `length`, the mask."""
    if length is None:
        return {name: np.stack(samples)}
    batch, mask = pad_sequences(samples, length)
    return {name: batch, MASK: mask}
