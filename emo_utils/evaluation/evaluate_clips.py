"""Measure weights on a corpus of clips that they were not trained on; clips are analysed as by `emo analyze`."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError, VideoError, WeightsError
from emo_utils.evaluation.coverage import table_coverage
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import prediction_table, write_predictions
from emo_utils.evaluation.with_baseline import baseline_report, person_report
from emo_utils.faces.detector import DEFAULT
from emo_utils.inference.baseline import log_mean, log_quartile
from emo_utils.inference.networks import APEX
from emo_utils.inference.options import ONE, AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.weights import Weights, find_weights
from emo_utils.structures import Clip

log = logging.getLogger(__name__)


@dataclass
class ClipReadings:
    """Predictions of the clips of a corpus, and the clips without a prediction.

    Attributes:
        clips: those with a face.
        log_means: float (C,) of each: the mean log-probability over the frames of the person seen in most frames.
        log_quartiles: float (C,) of each: the upper quartile over the same frames, which a baseline is taken off.
        frames: the number of those frames.
        windows: of a network whose features are normalised by person, the features of that person's windows,
            float32 (W, P); empty for others.
        no_face: names of clips in which no face was found.
        too_short: names of clips that are too short for a network over time, or have no segment for an apex network.
        unreadable: names of clips that could not be decoded, with the reason.
    """

    clips: list[Clip] = field(default_factory=list)
    log_means: list[np.ndarray] = field(default_factory=list)
    log_quartiles: list[np.ndarray] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    windows: list[np.ndarray] = field(default_factory=list)
    no_face: list[str] = field(default_factory=list)
    too_short: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


def evaluate_clips(
    weights: str,
    corpus: str,
    root: Path | None = None,
    detector: str = DEFAULT,
    prior: str | None = None,
    baseline: str = "none",
    predictions: Path | None = None,
) -> dict:
    """Predict every clip of a corpus and measure the predictions; nothing is trained, so no clip is held out.

    A clip's prediction is the mean log-probability over the frames of the person seen in most frames; of a network for
    apex frames, its prediction at the one apex of the clip. Where a baseline is taken off, it is the upper quartile
    over these frames. A network whose features are normalised by person reads the windows of each person anew.

    Only emotions of both the corpus and the weights are candidates; clips of other emotions are left
    out and counted in `left_out`.

    Args:
        weights: see `inference.weights.find_weights`.
        corpus: a registered corpus of clips, whose people are known.
        root: its files; None takes the corpus's default folder.
        detector: a registered face detector.
        prior: see `inference.prior`; None takes the weights' prior for clips.
        baseline: one of `inference.baseline.KINDS`; the report then also has the figures with this baseline.
        predictions: where to write the prediction table (without a baseline); None writes none.

    Returns:
        The figures of `evaluation.measure`, `coverage` and `uncertain` (`evaluation.coverage`), `prior`, `detector`;
        `files`, the number of clips; `no_face`, `too_short` (for the window of a network over time) and `unreadable`,
        with `no_face_files`, `too_short_files` and `unreadable_files`;
        `accuracy_all`, which counts these as errors; `left_out`, the clips of other emotions by emotion;
        `candidates`; and with a baseline `baseline` (`evaluation.with_baseline`).

    Raises:
        CorpusError: the corpus is absent, or no face was found at all.
        WeightsError: weights and corpus have fewer than two emotions in common.
    """
    found = find_weights(weights)
    if found.corpus == corpus:
        log.warning("%s was trained on clips of %s: the figures are not those of unseen clips", weights, corpus)
    clips = corpora.create(corpus, **({"root": root} if root else {})).index()
    classes = candidates(found, corpus)
    named = [clip for clip in clips if clip.emotion in classes]
    read = read_clips(named, found, classes, detector, prior)
    if not read.clips:
        raise CorpusError(
            f"{corpus}: expected a face in at least one clip that {weights} can read, found none in {len(named)}; "
            f"{len(read.too_short)} are too short for its window"
        )
    prior = prior or found.clip_prior
    table = _table(read, classes)
    if predictions:
        write_predictions(table, predictions)
    report = {"weights": found.name, "sha256": found.sidecar["sha256"], "corpus": corpus, "prior": prior}
    report |= {"faces": "detect", "detector": detector, "candidates": list(classes)}
    report |= measure(table, classes) | table_coverage(table, found.uncertain_under(prior))
    report |= _missed(read, len(named), report)
    left_out = [clip.emotion for clip in clips if clip.emotion not in classes]
    report |= {"left_out": {name: left_out.count(name) for name in sorted(set(left_out))}, "passed_over": 0}
    if baseline == "people" and read.windows:
        report["baseline"] = person_report(table, classes, read.windows, read.frames, found, prior)
    elif baseline != "none":
        report["baseline"] = baseline_report(table, classes, np.stack(read.log_quartiles), read.frames, baseline, found)
    return report


def candidates(weights: Weights, corpus: str) -> tuple[str, ...]:
    """The emotions of both the weights and the corpus, in the order of the weights."""
    of_corpus = corpora.get(corpus).facts.classes
    both = tuple(name for name in weights.classes if name in of_corpus)
    if len(both) < 2:
        raise WeightsError(
            f"{weights.name} names {', '.join(weights.classes)}, {corpus} has {', '.join(of_corpus)}: expected "
            f"at least two in common, found {len(both)}"
        )
    return both


def read_clips(
    clips: Sequence[Clip], weights: Weights, classes: Sequence[str], detector: str, prior: str | None
) -> ClipReadings:
    """Predict clips: the mean log-probabilities over `classes` of each; see `evaluate_clips`."""
    columns = [weights.classes.index(name) for name in classes]
    # A labelled clip shows one person, so identities across tracks are not needed.
    at_apex = weights.representation == APEX
    how = AnalysisOptions(
        str(weights.path), detector, identity_weights="none", segments=ONE if at_apex else False, apex_only=at_apex,
        prior=prior,
    )  # fmt: skip
    pipeline, read = Pipeline(how), ClipReadings()
    for clip in clips:
        try:
            result = pipeline.run(clip.path)
        except VideoError as error:
            read.unreadable[clip.clip_id] = str(error)
            continue
        timeline, windows = result.timeline, result.windows
        if not timeline.people:
            read.no_face.append(clip.clip_id)
            continue
        person = int(timeline.faces["person_id"].value_counts().idxmax())
        frames = timeline.probabilities(person)[:, columns]
        frames = frames[~np.isnan(frames).any(axis=1)]
        if not len(frames):
            read.too_short.append(clip.clip_id)
            continue
        read.clips.append(clip)
        read.log_means.append(log_mean(frames))
        read.log_quartiles.append(log_quartile(frames))
        read.frames.append(len(frames))
        if windows is not None:
            read.windows.append(windows.features[windows.of_person(timeline, person)])
    return read


def _table(read: ClipReadings, classes: Sequence[str]):
    names, people = [clip.clip_id for clip in read.clips], [clip.subject_id for clip in read.clips]
    labels = [classes.index(clip.emotion) for clip in read.clips]
    likely = np.exp(np.stack(read.log_means))
    return prediction_table(names, people, labels, classes, likely / likely.sum(axis=1, keepdims=True), classes)


def _missed(read: ClipReadings, files: int, report: dict) -> dict:
    """The clips without a prediction, and the accuracy that counts them as errors."""
    return {
        "files": files,
        "too_short": len(read.too_short),
        "too_short_files": read.too_short,
        "no_face": len(read.no_face),
        "no_face_files": read.no_face,
        "unreadable": len(read.unreadable),
        "unreadable_files": read.unreadable,
        "accuracy_all": report["accuracy"] * len(read.clips) / files,
    }
