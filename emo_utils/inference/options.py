"""How clips are analysed: every option in one place, checked before the first frame is read."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from emo_utils.errors import EmoError, UnknownNameError
from emo_utils.faces.tracking import TRACKERS, check_tracker
from emo_utils.inference.baseline_request import NONE, PEOPLE, BaselineRequest, parse_baseline, subject_pattern
from emo_utils.inference.devices import CPU, check_device
from emo_utils.inference.smoothing import METHODS, smooth
from emo_utils.inference.weights import DEFAULT as DEFAULT_WEIGHTS
from emo_utils.measures.measure import measures
from emo_utils.motion.flow import DEFAULT as DEFAULT_FLOW
from emo_utils.motion.flow import find_flow
from emo_utils.registry import unknown_name

DETECTION_S = 0.2
"""Time between detections; `docs/ARCHITECTURE.md` gives the loss against detection in every frame."""

MOST_BETWEEN = 250
"""Most frames from one detection to the next; they are held in memory meanwhile."""

ONE = "one"
"""`AnalysisOptions.segments`: exactly one segment, whatever its length; see `motion.one`."""

CHART_FORMATS = ("png", "svg", "pdf")

EXPRESSIONS = ("macro", "micro", "both")

USUAL_FPS = 25.0
"""Frame rate that is assumed for a source without one."""


@dataclass(frozen=True)
class AnalysisOptions:
    """The options of an analysis."""

    weights: str = DEFAULT_WEIGHTS
    """A shipped name, an .onnx file, or a training run's folder."""
    detector: str = "mediapipe"
    """A registered face detector."""
    detect_every: int | None = None
    """Detect in every n-th frame and interpolate between; None: about every `DETECTION_S` seconds."""
    sample_fps: float | None = None
    """Read about this many frames a second; None: all."""
    smoothing: str = next(iter(METHODS))
    """How probabilities are smoothed over time."""
    smoothing_s: float = 0.25
    """Time constant or window of the smoothing, in seconds."""
    identity_weights: str = "auto"
    """Embedding network that identifies persons: `auto`, `none`, `arcface`, or a file. `auto` takes
    `EMO_IDENTITY_WEIGHTS`, else ArcFace if it was fetched, else any in the folder of models."""
    tracker: str = TRACKERS[0]
    """The face tracker; see `faces.tracking.TRACKERS`."""

    segments: bool | str = True
    """Measure motion, and find onset, apex and offset of expressions; `one`: exactly one segment per clip."""
    expressions: str = "macro"
    """Expressions to find: `macro`, `micro` (0.04 to 0.5 s) or `both`; see `motion.segments` and `motion.micro`."""
    flow: str = DEFAULT_FLOW
    """Optical flow method; see `motion.flow.METHODS`."""
    magnify_motion: bool | None = None
    """Magnify the aligned face before its motion is measured (S0.4). None: for micro-expressions, and for exactly
    one segment of a clip with 100 frames a second or more."""
    apex_only: bool = False
    """Predict only for apex frames; segments are then found by motion only."""
    prior: str | None = None
    """Class shares that probabilities assume: `uniform`, or the training corpus of the weights. None: the prior
    that the sidecar of the weights gives for clips. See `inference.prior`."""
    measures: tuple[str, ...] = ()
    """Names of further measures of each face, such as `valence`; see `measures.measure`. Their columns come last in
    the timeline."""
    embeddings: bool = False
    """Keep the features of each face before the network's last layer; see `inference.embeddings`."""
    baseline: str = NONE
    """What is taken off the predictions of each person: `none`, `collection`, `people`, `rest:A-B` (seconds of each
    clip) or a file; see `inference.baseline_request`. The result stands in columns of its own."""
    subject: str | None = None
    """For the baseline `people`: a regular expression whose first group in a clip's file name is the person. None:
    persons are recognised by their faces, where there is a network for that, else each clip counts as a person."""
    device: str = CPU
    """Runs the networks: `cpu`, one of `inference.devices.DEVICES`, or `auto`: the first of CUDA, CoreML, DirectML and
    OpenVINO that ONNX Runtime offers here."""
    strict: bool = False
    """Refuse a damaged or truncated file; otherwise its readable part is analysed."""

    chart_formats: tuple[str, ...] = ("png",)
    """Formats of the charts, of `CHART_FORMATS`: PNG has 300 dots per inch, SVG and PDF are drawings for print."""
    blur_faces: bool = False
    """Hide every face in the pictures and videos that are written, and leave out the sound; see
    `reports.clips.blur`."""

    def __post_init__(self) -> None:
        if self.apex_only and not self.segments:
            raise EmoError("apex_only reads the apexes of segments: it cannot be asked for without segments")
        if self.apex_only and self.embeddings:
            raise EmoError("apex_only reads the apexes alone, embeddings are of every face: ask for one of the two")
        if self.segments not in (True, False, ONE):
            raise EmoError(f"segments: expected True, False or {ONE!r}, found {self.segments!r}")
        if self.expressions not in EXPRESSIONS:
            raise UnknownNameError(unknown_name("kind of expressions", self.expressions, EXPRESSIONS))
        find_flow(self.flow)
        check_device(self.device)
        if self.detect_every is not None and self.detect_every < 1:
            raise EmoError(f"detect_every: expected 1 or more, found {self.detect_every}")
        if self.sample_fps is not None and not 0 < self.sample_fps < np.inf:
            raise EmoError(f"sample_fps: expected a positive number of frames a second, found {self.sample_fps}")
        if not 0 <= self.smoothing_s < np.inf:
            raise EmoError(f"smoothing_s: expected 0 or more seconds, found {self.smoothing_s}")
        if self.smoothing not in METHODS:
            smooth(np.zeros((1, 1)), np.zeros(1), self.smoothing)
        check_tracker(self.tracker)
        object.__setattr__(self, "measures", tuple(self.measures))
        for name in self.measures:
            measures.get(name)
        request = self.baseline_request
        if request.kind != NONE and self.apex_only:
            raise EmoError("a baseline needs the predictions of all frames: it cannot be asked for with apex_only")
        if self.subject is not None:
            subject_pattern(self.subject)
            if request.kind != PEOPLE:
                raise EmoError(
                    f"subject tells the people of the baseline 'people' apart: expected it with that, found the "
                    f"baseline {self.baseline!r}"
                )
        object.__setattr__(self, "chart_formats", tuple(dict.fromkeys(self.chart_formats)))
        for kind in self.chart_formats:
            if kind not in CHART_FORMATS:
                raise UnknownNameError(unknown_name("chart format", kind, CHART_FORMATS))

    @property
    def baseline_request(self) -> BaselineRequest:
        """The requested baseline.

        Raises:
            EmoError: not a known kind, and not a file.
        """
        return parse_baseline(self.baseline)

    @property
    def recognises_people(self) -> bool:
        """Whether people are compared across clips by their faces, if there is a network for that."""
        return self.subject is None and self.baseline_request.kind == PEOPLE

    def read_rate(self, fps: float | None) -> float:
        """Frames a second that are read of a source of this frame rate."""
        return min(self.sample_fps or fps or USUAL_FPS, fps or USUAL_FPS)

    def detection_interval(self, fps: float | None) -> tuple[int, float]:
        """Frames from one detection to the next, and detections a second, for a source of this frame rate."""
        rate = self.read_rate(fps)
        every = self.detect_every or min(MOST_BETWEEN, max(1, round(DETECTION_S * rate)))
        return every, rate / every

    def changed(self, options: Mapping[str, Any]) -> "AnalysisOptions":
        """These options with some of them replaced.

        Raises:
            UnknownNameError: a name that is no option; names the most similar one.
            EmoError: a value that is not allowed.
        """
        known = [one.name for one in fields(self)]
        for name in options:
            if name not in known:
                raise UnknownNameError(unknown_name("option", name, known))
        return replace(self, **options)
