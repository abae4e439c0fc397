"""Measure weights on a folder of pictures and clips, sorted into folders by emotion."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from emo_utils.datasets.corpora.folder import Folder, FolderListing, LabelledFile
from emo_utils.errors import CorpusError, EmoError, VideoError
from emo_utils.evaluation.coverage import table_coverage
from emo_utils.evaluation.evaluate import check_reads_faces
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import prediction_table, write_predictions
from emo_utils.evaluation.with_baseline import baseline_report, person_report
from emo_utils.faces.detector import DEFAULT, FaceDetector
from emo_utils.faces.pictures import FACES, detector_for, framings
from emo_utils.images import read_image
from emo_utils.inference.baseline import log_mean, log_quartile
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.prefetch import prefetch
from emo_utils.inference.weights import Weights, find_weights
from emo_utils.structures import InputSpec

BATCH = 256


@dataclass(frozen=True)
class FolderOptions:
    """The files to evaluate, and how.

    Attributes:
        root: the folder that holds the emotion folders; None takes the default of `datasets.corpora.folder`.
        faces: one of `faces.pictures.FACES`.
        detector: a registered face detector, for `detect`.
        subject: a regular expression that finds the person in a file's path, see `datasets.corpora.folder`. None:
            people are not known, and each file counts as a person of its own.
        prior: see `inference.prior`; None takes the weights' prior for clips.
        baseline: one of `inference.baseline.KINDS`; the report then also has the figures with this baseline.
    """

    root: Path | None = None
    faces: str = "detect"
    detector: str = DEFAULT
    subject: str | None = None
    prior: str | None = None
    baseline: str = "none"

    def __post_init__(self):
        if self.faces not in FACES:
            raise EmoError(f"faces: expected {', '.join(FACES)}; found {self.faces!r}")


@dataclass
class Readings:
    """Predictions of the files of a folder, and the files without a prediction.

    Attributes:
        files: those with a face, in the order of prediction.
        probabilities: float (C,) of each of them.
        logs: float (C,) of each, for a baseline: the log-probability of the one picture, or its upper quartile over
            the frames of a video.
        frames: number of these frames.
        windows: of a network whose features are normalised by person, see `evaluate_clips.ClipReadings`.
        no_face: files in which no face was found.
        unreadable: files that could not be decoded, with the reason.
    """

    files: list[LabelledFile] = field(default_factory=list)
    probabilities: list[np.ndarray] = field(default_factory=list)
    logs: list[np.ndarray] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    windows: list[np.ndarray] = field(default_factory=list)
    no_face: list[LabelledFile] = field(default_factory=list)
    unreadable: dict[LabelledFile, str] = field(default_factory=dict)


def evaluate_folder(weights: str, options: FolderOptions | None = None, predictions: Path | None = None) -> dict:
    """Predict every picture and video in the folders by emotion, and measure the predictions.

    In a picture, the largest face is used, cropped as by `emo analyze`. A video's prediction is the mean over the
    frames of the person seen in most frames, without smoothing.

    Args:
        weights: see `inference.weights.find_weights`.
        options: the files to evaluate, and how.
        predictions: where to write the prediction table; None writes none.

    Returns:
        The figures of `evaluation.measure` over the files with a face; `coverage` and `uncertain`
        (`evaluation.coverage`); `files`, their number; `no_face` and `unreadable`, numbers of files without a
        prediction, and their names in `no_face_files` and `unreadable_files`; `accuracy_all` and `uar_all`, which count
        these as errors; `left_out` and `passed_over` (`datasets.corpora.folder.FolderListing`); and with a baseline
        `baseline` (`evaluation.with_baseline`).

    Raises:
        CorpusError: no files, folders not named after emotions, videos without `faces="detect"`, or no face at all.
    """
    options = options or FolderOptions()
    found = find_weights(weights)
    listing = Folder(options.root, options.subject).listing(found.classes)
    readings = _read(listing, found, options)
    if not readings.files:
        raise _nothing_read(readings, options)
    prior = options.prior or found.clip_prior
    table = _table(readings, found.classes)
    if predictions:
        write_predictions(table, predictions)
    report = {"weights": found.name, "sha256": found.sidecar["sha256"], "corpus": "folder", "prior": prior}
    report |= {"root": str(options.root or Folder().root), "faces": options.faces}
    report |= {"detector": None if options.faces == "asis" else options.detector}
    report |= measure(table, found.classes) | table_coverage(table, found.uncertain_under(prior))
    report |= _missed(listing, readings, report)
    if options.baseline == "people" and readings.windows:
        report["baseline"] = person_report(table, found.classes, readings.windows, readings.frames, found, prior)
    elif options.baseline != "none":
        logs = np.stack(readings.logs)
        report["baseline"] = baseline_report(table, found.classes, logs, readings.frames, options.baseline, found)
    return report


def _table(readings: Readings, classes: tuple[str, ...]):
    files = readings.files
    labels = [classes.index(file.emotion) for file in files]
    names, people = [file.name for file in files], [file.subject_id for file in files]
    return prediction_table(names, people, labels, classes, np.stack(readings.probabilities), classes)


def _missed(listing: FolderListing, readings: Readings, report: dict) -> dict:
    """The files without a prediction, and the figures that count them as errors."""
    emotions = [file.emotion for file in listing.files]
    right = {name: report["confusion"][row][row] for row, name in enumerate(report["classes"])}
    shares = [right[name] / emotions.count(name) for name in sorted(set(emotions))]
    return {
        "files": len(listing.files),
        "no_face": len(readings.no_face),
        "no_face_files": [file.name for file in readings.no_face],
        "unreadable": len(readings.unreadable),
        "unreadable_files": {file.name: why for file, why in readings.unreadable.items()},
        "accuracy_all": sum(right.values()) / len(listing.files),
        "uar_all": float(np.mean(shares)),
        "left_out": listing.left_out,
        "passed_over": listing.passed_over,
    }


def _nothing_read(readings: Readings, options: FolderOptions) -> CorpusError:
    advice = "" if options.faces == "asis" else "; where pictures are faces already, give --faces asis"
    why = next(iter(readings.unreadable.values()), "")
    first = f", the first because {why}" if why else ""
    return CorpusError(
        f"expected at least one picture with a face, found none in {len(readings.no_face)} pictures, and "
        f"{len(readings.unreadable)} that cannot be read{first}{advice}"
    )


def _read(listing: FolderListing, weights: Weights, options: FolderOptions) -> Readings:
    videos = [file for file in listing.files if file.is_video]
    if videos and options.faces != "detect":
        raise CorpusError(
            f"{videos[0].path}: expected pictures that are faces, found {len(videos)} videos; give --faces detect, or "
            "move them away"
        )
    readings = Readings()
    _read_pictures([file for file in listing.files if not file.is_video], weights, options, readings)
    _read_videos(videos, weights, options, readings)
    return readings


def _read_pictures(files: list[LabelledFile], weights: Weights, options: FolderOptions, readings: Readings) -> None:
    """Predict in batches; a thread reads the next pictures and detects faces. Only crops are kept in memory."""
    if not files:
        return
    check_reads_faces(weights)
    engine = OnnxEngine(weights, prior=options.prior or weights.clip_prior)
    with detector_for(options.faces, options.detector) as detector:
        crops = _crops(files, weights.input_spec, options.faces, detector, readings)
        with closing(prefetch(crops)) as ahead:  # the thread ends before the detector does
            while batch := list(islice(ahead, BATCH)):
                readings.files += [file for file, _ in batch]
                probabilities = list(engine.predict_each([crops for _, crops in batch]))
                readings.probabilities += probabilities
                readings.logs += [log_mean(one[None]) for one in probabilities]
                readings.frames += [1] * len(probabilities)


def _crops(
    files: Iterable[LabelledFile], spec: InputSpec, faces: str, detector: FaceDetector | None, readings: Readings
) -> Iterator[tuple[LabelledFile, list[np.ndarray]]]:
    for file in files:
        try:
            pixels = read_image(file.path)
        except VideoError as error:
            readings.unreadable[file] = str(error)
            continue
        if crops := framings(pixels, spec, faces, detector):
            yield file, crops
        else:
            readings.no_face.append(file)


def _read_videos(files: list[LabelledFile], weights: Weights, options: FolderOptions, readings: Readings) -> None:
    if not files:
        return
    # A labelled clip shows one person, so identities across tracks are not needed.
    how = AnalysisOptions(
        str(weights.path), options.detector, identity_weights="none", segments=False, prior=options.prior
    )
    pipeline = Pipeline(how)
    for file in files:
        try:
            result = pipeline.run(file.path)
        except VideoError as error:
            readings.unreadable[file] = str(error)
            continue
        timeline, windows = result.timeline, result.windows
        if not timeline.people:
            readings.no_face.append(file)
            continue
        person = timeline.faces["person_id"].value_counts().idxmax()
        readings.files.append(file)
        frames = timeline.probabilities(int(person))
        readings.probabilities.append(frames.mean(axis=0))
        readings.logs.append(log_quartile(frames))
        readings.frames.append(len(frames))
        if windows is not None:
            readings.windows.append(windows.features[windows.of_person(timeline, int(person))])
