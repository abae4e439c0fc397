"""The networks of an analysis: of single frames, over time, or of apex frames, by what their weights read."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emo_utils.errors import EmoError, WeightsError
from emo_utils.faces.detector import DEFAULT as DEFAULT_DETECTOR
from emo_utils.faces.detector import detectors
from emo_utils.inference.apex_network import ApexNetwork
from emo_utils.inference.encoders import EmbeddedSample, Encoder, PooledSample, open_encoders
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.person_features import PersonRule
from emo_utils.inference.prior import UNIFORM
from emo_utils.inference.sample_engine import SampleEngine
from emo_utils.inference.weights import DEFAULT, Weights, find_weights
from emo_utils.inference.window_reader import WindowReader
from emo_utils.inference.windows import MakeSample, WindowRule
from emo_utils.representations.face_sequence import WHOLE_PICTURE
from emo_utils.representations.representation import Windowed, representations
from emo_utils.structures import InputSpec
from emo_utils.timeline import counted

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

FRAME, APEX, FEATURES = "frame", "apex", "features"


@dataclass(frozen=True)
class OverTime:
    """How a network over time reads a clip.

    Attributes:
        rule: its windows.
        make: makes its input from the faces of a window.
        engine: runs it.
        person: how its features are normalised by person; None: they are not.
    """

    rule: WindowRule
    make: MakeSample
    engine: SampleEngine
    person: PersonRule | None = None

    def reader(self, rate: float | None) -> WindowReader:
        """A reader for one clip, of which `rate` frames a second are read."""
        return WindowReader(self.rule, self.make, self.engine, rate, self.person)

    def warnings(self, table: "pd.DataFrame") -> list[str]:
        """What a user should know of a timeline of this network, in words; may be empty."""
        found = []
        if self.person:
            found.append(
                f"the network was trained on features normalised by each person's own clips ({self.person.how}): "
                "emotion and p_ are read with the training set's mean and deviation instead, which is worse; with the "
                "baseline people, the baseline columns are read as in training"
            )
        people = table["person_id"].nunique()
        if people > 1:
            found.append(f"{people} people: the network was trained on one face a clip, so each is read on its own")
        tracks, short = table["track_id"].nunique(), table[table["status"] == "short_window"]["track_id"].nunique()
        if short:
            found.append(
                f"{counted(short, 'track')} of {tracks} too short for the network, which needs {self.rule.shortest} "
                f"frames{self._at_rate()} of a face; give a longer clip, or weights that read single frames"
            )
        return found

    def _at_rate(self) -> str:
        return f" ({self.rule.shortest / self.rule.fps:.1f} s)" if self.rule.fps else ""


@dataclass(frozen=True)
class Networks:
    """The networks of an analysis.

    Attributes:
        weights: of the network whose probabilities stand in the timeline.
        engine: runs it.
        detector: the face detector for all frames.
        over_time: for a network over time; `engine` is its engine.
        apex: the network for apex frames.
        encoder: runs the frame network whose embeddings a network over time reads.
    """

    weights: Weights
    engine: OnnxEngine
    detector: str
    over_time: OverTime | None = None
    apex: ApexNetwork | None = None
    encoder: OnnxEngine | None = None

    @property
    def of_frames(self) -> OnnxEngine:
        """The engine that embeds single faces."""
        return self.encoder or self.engine

    @property
    def input_spec(self) -> InputSpec:
        """The crop of every face."""
        return self.of_frames.weights.input_spec

    def predict(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Probabilities float (N, C) of single crops; none of them where the network reads windows or apexes alone."""
        if self.over_time or isinstance(self.engine, SampleEngine) or not crops:
            return np.empty((0, len(self.weights.classes)))
        return self.engine.predict(np.stack(crops))

    def detection_interval(self, options: AnalysisOptions, fps: float | None) -> tuple[int, float]:
        """Frames from one detection to the next, and detections a second; see `AnalysisOptions.detection_interval`.

        A network over time needs the faces found in the frames that it reads, as in training.
        """
        every, rate = options.detection_interval(fps)
        if self.over_time is None or options.detect_every:
            return every, rate
        read = options.read_rate(fps)
        every = self.over_time.rule.detect_every(read, every)
        return every, read / every

    def named(self) -> list[dict]:
        """The networks by name, hash and prior, for the summary of a clip."""
        return [engine.weights.named() | {"prior": engine.prior} for engine in self.engines()]

    def engines(self) -> list[OnnxEngine]:
        """The engine of the timeline, then that for apex frames, and the encoder."""
        apex = self.apex.engine if self.apex and self.apex.engine is not self.engine else None
        return [engine for engine in (self.engine, apex, self.encoder) if engine]


def open_networks(options: AnalysisOptions) -> Networks:
    """Load the networks for these options.

    Raises:
        WeightsError: weights that cannot read a clip, or samples of another version of this package.
        EmoError: another detector than that of the samples was asked for.
        AssetError, MissingPackageError: the detector of the samples cannot be used here.
    """
    weights = find_weights(options.weights)
    kinds = {FRAME: _of_frames, APEX: _of_apexes, FEATURES: _refuse_features}
    return kinds.get(weights.representation, _over_time)(weights, options)


def _prior(weights: Weights, options: AnalysisOptions) -> str:
    return options.prior or weights.clip_prior


def _of_frames(weights: Weights, options: AnalysisOptions) -> Networks:
    return Networks(weights, OnnxEngine(weights, 1, _prior(weights, options), options.device), options.detector)


def _of_apexes(weights: Weights, options: AnalysisOptions) -> Networks:
    """The apex network beside the default frame network, or alone with `apex_only`."""
    if not options.segments:
        raise EmoError(
            f"{weights.name} reads the apexes of segments: expected segments, found segments switched off. Leave them "
            "on, or give weights that read every frame"
        )
    check_version(weights)
    detector = detector_of(weights, weights.settings.get("detector", DEFAULT_DETECTOR))
    frame = find_weights(DEFAULT)
    of_frames, of_apexes = _priors(frame, weights, options)
    apex = ApexNetwork(SampleEngine(weights, 1, of_apexes, options.device), detector)
    if options.apex_only:
        return Networks(weights, apex.engine, options.detector, apex=apex)
    log.info("%s reads the apex of each segment; every frame is read by %s", weights.name, frame.name)
    return Networks(frame, OnnxEngine(frame, 1, of_frames, options.device), options.detector, apex=apex)


def _priors(frame: Weights, apex: Weights, options: AnalysisOptions) -> tuple[str, str]:
    """The prior of the frame network, and that of the apex network; each takes its own for clips, or the one asked for.

    A name that one of them alone knows is for this one.
    """
    if options.prior in (None, UNIFORM):
        return options.prior or frame.clip_prior, options.prior or apex.clip_prior
    of_frames = options.prior if options.prior == frame.corpus else frame.clip_prior
    return of_frames, apex.clip_prior if frame.corpus == options.prior != apex.corpus else options.prior


def _refuse_features(weights: Weights, options: AnalysisOptions) -> Networks:
    file = weights.settings.get("file", "a table")
    raise WeightsError(
        f"{weights.name} reads rows of numbers that another program measured ({file}), not faces: a clip cannot be "
        "read with it. Measure the clips with that program, and give its table: emo evaluate RUN CORPUS --features FILE"
    )


def _over_time(weights: Weights, options: AnalysisOptions) -> Networks:
    if weights.window is None:
        raise WeightsError(
            f"{weights.name} reads {weights.representation}s: expected `window` in its sidecar, found none; export the "
            "run again with emo export RUN"
        )
    if options.apex_only:
        raise EmoError(f"{weights.name} reads windows of {weights.window.frames} frames, so apex_only cannot be asked")
    if options.embeddings:
        raise EmoError(f"{weights.name} embeds no single faces: leave embeddings out, or give other weights")
    made = representation_of(weights)
    make: MakeSample = made.sample
    if weights.settings.get("encoders"):
        make = EmbeddedSample(made.sample, encoders_of(weights))
    if rule := weights.person_rule:
        make = PooledSample(make, rule.quantiles)
    detector = detector_of(weights, options.detector)
    engine = SampleEngine(weights, 1, _prior(weights, options), options.device)
    log.info("%s reads windows over time: %s", weights.name, weights.window)
    return Networks(weights, engine, detector, OverTime(weights.window, make, engine, rule))


def representation_of(weights: Weights) -> Windowed:
    """The representation that makes the samples of a network over time.

    Raises:
        WeightsError: its samples were made by another version, or it has no windows.
    """
    check_version(weights)
    kind = representations.get(weights.representation)
    options = {key: value for key, value in weights.settings.items() if key not in ("name", "version", "encoders")}
    try:
        made = kind(**options)
    except TypeError as error:
        raise WeightsError(f"{weights.name}: {error}; prepare its corpus and train it again") from error
    if not isinstance(made, Windowed):
        raise WeightsError(f"{weights.name}: samples of the representation {made.name} cannot be cut along a clip")
    return made


def encoders_of(weights: Weights) -> tuple[Encoder, ...]:
    """The frozen encoders of a network over embeddings, with the hashes of training.

    Raises:
        UnknownNameError: an encoder is not here.
        WeightsError: it is another one than in training.
    """
    asked = weights.settings["encoders"]
    found = open_encoders([one["weights"] for one in asked], threads=1)
    for encoder, one in zip(found, asked, strict=True):
        if encoder.weights.sidecar["sha256"] != one["sha256"]:
            raise WeightsError(
                f"{weights.name}: expected the encoder {encoder.name} with SHA-256 {one['sha256'][:12]}, found "
                f"{encoder.weights.sidecar['sha256'][:12]}; put that file back, or train the run again"
            )
    return found


def check_version(weights: Weights) -> None:
    """Refuse weights whose samples were made by another version of their representation.

    Raises:
        WeightsError: the faces would be cut otherwise than in training.
    """
    found, expected = weights.settings.get("version"), representations.get(weights.representation).version
    if found != expected:
        raise WeightsError(
            f"{weights.name}: its samples are version {found} of {weights.representation}, expected {expected}, which "
            "this version of emo_utils makes; prepare its corpus and train it again"
        )


def detector_of(weights: Weights, asked: str) -> str:
    """The detector that cut the faces in training; it is made once, so that an absent one is named at once.

    Raises:
        WeightsError: the samples are whole pictures, so there is none.
        EmoError: another one was asked for.
        AssetError, MissingPackageError: it cannot be used here.
    """
    own = weights.settings.get("detector", DEFAULT_DETECTOR)
    if own == WHOLE_PICTURE:
        raise WeightsError(
            f"{weights.name}: its samples are whole pictures of faces, cut by no detector, so faces of a clip cannot "
            "be cut as in training. Train it with --detector mediapipe"
        )
    if asked not in (own, DEFAULT_DETECTOR):
        raise EmoError(
            f"{weights.name}: its training samples were cut with the detector {own}, so clips are too; found {asked}. "
            "Leave the detector out"
        )
    detectors.create(own).close()
    return own
