"""What a visitor can choose, and the options of an analysis that it gives."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emo_utils.errors import EmoError
from emo_utils.inference.baseline_request import NONE, REST
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.smoothing import METHODS
from emo_utils.inference.weights import DEFAULT, SHIPPED, find_weights
from emo_utils.measures.measure import measures

ALL_FRAMES = "all frames"
RATES = {ALL_FRAMES: None, "15 a second": 15.0, "10 a second": 10.0, "5 a second": 5.0, "4 a second": 4.0}
"""Sampling rates by their names."""

DETECTORS = ("mediapipe", "haar")
"""Detectors that need nothing to be fetched by the visitor."""

FACE_NETWORKS = ("ferplus-int8", "ferplus", "ferplus-tiny", "face_net")
"""Shipped networks, the default first."""


@dataclass(frozen=True)
class Choices:
    """What the page offers.

    Attributes:
        weights: names and paths of networks by the name that is shown.
    """

    weights: dict[str, str]

    @classmethod
    def of(cls, further: Sequence[str] = ()) -> "Choices":
        """The shipped networks and further ones: .onnx files and folders of runs.

        Raises:
            EmoError: one of them cannot be read.
        """
        shipped = {name: name for name in FACE_NETWORKS if (SHIPPED / f"{name}.onnx").exists()}
        return cls({**shipped, **{_shown(name): name for name in map(str, further) if find_weights(name)}})

    @property
    def default(self) -> str:
        """The name of the default network."""
        return next((shown for shown, name in self.weights.items() if name == DEFAULT), next(iter(self.weights)))

    def options(
        self,
        weights: str,
        detector: str,
        rate: str,
        smoothing: str,
        smoothing_s: float,
        rest: str,
        chosen: Sequence[str],
    ) -> AnalysisOptions:
        """The options that a form stands for.

        Raises:
            KeyError: something that was not offered.
            EmoError: a value that is not allowed.
        """
        return AnalysisOptions(
            self.weights[weights],
            detector=DETECTORS[DETECTORS.index(detector)],
            sample_fps=RATES[rate],
            smoothing=smoothing,
            smoothing_s=float(smoothing_s),
            baseline=_baseline(rest),
            measures=tuple(name for name in measures if name in chosen),
        )


SMOOTHINGS = tuple(METHODS)


STRETCH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s*")


def _baseline(rest: str | None) -> str:
    """The baseline of a stretch such as "0-2"; a visitor can name no file."""
    if not (rest or "").strip():
        return NONE
    match = STRETCH.fullmatch(rest)
    if not match:
        raise EmoError(f"rest: expected seconds of the clip, such as 0-2, found {rest[:20]!r}")
    return f"{REST}:{match[1]}-{match[2]}"


def _shown(name: str) -> str:
    path = Path(name)
    return path.stem if path.suffix else path.name
