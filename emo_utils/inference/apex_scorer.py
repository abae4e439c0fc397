"""Strength of an expression by shipped weights; the apex is found from it and from the motion of the face."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import DEFAULT, find_weights
from emo_utils.structures import InputSpec


@dataclass(frozen=True)
class ApexScorer:
    """Scores crops by the probability of their most probable emotion other than neutral; see `apex.Scorer`."""

    weights: str = DEFAULT

    @property
    def input_spec(self) -> InputSpec:
        """The crop that these weights need."""
        return _engine(self.weights).weights.input_spec

    def describe(self) -> dict:
        """The weights by name and hash."""
        return {
            "scorer": "strongest_expression",
            "weights": self.weights,
            "sha256": find_weights(self.weights).sidecar["sha256"],
        }

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        """Scores float32 (N,) in 0..1 of uint8 crops (N, S, S)."""
        engine = _engine(self.weights)
        expressions = [index for index, name in enumerate(engine.weights.classes) if name != "neutral"]
        return engine.predict(crops)[:, expressions].max(axis=1)


@cache
def _engine(weights: str) -> OnnxEngine:
    return OnnxEngine(find_weights(weights), threads=1)
