"""Measure weights on a corpus, without torch. The figures are those of `evaluation.measure`."""

from pathlib import Path

import numpy as np

from emo_utils.datasets.corpus import FaceCorpus
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError, RunError, WeightsError
from emo_utils.evaluation.coverage import table_coverage
from emo_utils.evaluation.joined_classes import probabilities_of, with_common_classes
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import prediction_table, read_predictions, write_predictions
from emo_utils.evaluation.votes import vote_agreement
from emo_utils.faces.detector import DEFAULT
from emo_utils.faces.pictures import crops_of_faces
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.networks import FRAME
from emo_utils.inference.weights import Weights, find_weights
from emo_utils.run_folder import RunFolder

BATCH = 256


def evaluate_run(folder: Path, corpus: str | None = None, split: str | None = None) -> dict:
    """Measure the predictions of a training run, one fold or all folds together.

    Args:
        folder: of `emo train`: the folder of one fold, or of the run, which has one part only.
        corpus: must be the one it was trained on; None accepts any.
        split: `validation` or `test`; None takes the part that the run is measured on.

    Raises:
        RunError: not the folder of a run, not finished, of another corpus, or without predictions of this split.
    """
    run = RunFolder(folder)
    trained_on, parts = run.metrics()["experiment"].get("corpus"), run.parts()
    corpus, split = corpus or trained_on, split or next(iter(parts), "test")
    if trained_on != corpus or split not in parts:
        raise RunError(
            f"{folder}: expected predictions of {corpus}, {split}; found a run on {trained_on} with predictions of "
            f"{', '.join(parts)}. Give `emo evaluate {folder}` for its own figures"
        )
    validation = None
    if split == "test" and "validation" in parts:
        validation = read_predictions(run.predictions_file("validation"))
    about = {"weights": str(folder), "corpus": corpus, "split": split}
    return about | measure(read_predictions(run.predictions_file(split)), validation=validation)


def evaluate_weights(
    weights: str,
    corpus: str,
    split: str,
    predictions: Path | None = None,
    prior: str | None = None,
    root: Path | None = None,
    faces: str | None = None,
    detector: str = DEFAULT,
    rule: str | None = None,
) -> dict:
    """Predict one split of a corpus of still faces with a weights file, and measure the predictions.

    Only emotions that both name are candidates; faces of others are left out and counted.

    Args:
        weights: see `inference.weights.find_weights`.
        corpus: a registered corpus of still faces (`datasets.corpus.FaceCorpus`).
        split: `train`, `validation` or `test`.
        predictions: where to write the prediction table; None writes none.
        prior: see `inference.prior`; None keeps the training prior on the weights' own corpus, and on other corpora
            takes the weights' prior for clips.
        root: the corpus's files; None takes the corpus's default folder.
        faces: one of `faces.pictures.FACES`: pictures unchanged, faces detected and cropped again, or the mean of both
            predictions. None takes the one the weights were calibrated with. Without a detection the picture is
            used unchanged.
        detector: a registered face detector, for faces that are cropped again.
        rule: how votes become labels, for a corpus with several rules (`corpora.ferplus.RULES`); None is its first.

    Returns:
        The figures of `evaluation.measure`, `coverage` and `uncertain` (`evaluation.coverage`), the `prior`, `faces`
        and `detector` (None for `asis`), the `rule` of a corpus with several rules, and of a corpus with votes
        `votes` (`evaluation.votes`). Where not all emotions are in common also `candidates` and `left_out`, the faces
        of other emotions by emotion.

    Raises:
        WeightsError: weights and corpus have fewer than two emotions in common.
        CorpusError: the corpus has no still faces, or has no label rules and `rule` was given.
        UnknownNameError: the corpus has no such rule.
    """
    found = find_weights(weights)
    source = _still_faces(corpus, root, rule)
    check_reads_faces(found)
    images, left_out = with_common_classes(source.load(split), found.classes, f"{weights} on {corpus}")
    faces = faces or found.faces
    engine = OnnxEngine(found, prior=prior or (found.corpus if corpus == found.corpus else found.clip_prior))
    read = _predict(engine, images.pixels, faces, detector)
    classes = tuple(name for name in found.classes if name in images.classes)
    probabilities = probabilities_of(read, found.classes, classes)
    table = prediction_table(images.names, images.names, images.labels, images.classes, probabilities, classes)
    if predictions:
        write_predictions(table, predictions)
    report = {"weights": found.name, "sha256": found.sidecar["sha256"], "corpus": corpus, "split": split}
    if source.rule:
        report |= {"rule": source.rule}
    report |= {"faces": faces, "detector": None if faces == "asis" else detector}
    report |= {"prior": engine.prior} | measure(table, images.classes)
    report |= table_coverage(table, engine.uncertain_below)
    if left_out or len(images.classes) < len(found.classes):
        report |= {"candidates": list(classes), "left_out": left_out}
    if images.counts is not None:
        order = [classes.index(name) for name in images.classes]
        report["votes"] = vote_agreement(probabilities[:, order], images.counts, images.votes)
    return report


def check_reads_faces(weights: Weights) -> None:
    """Refuse weights that do not read one gray face at a time.

    Raises:
        WeightsError: of another kind.
    """
    if weights.representation != FRAME:
        raise WeightsError(
            f"{weights.name}: expected weights that read one face, for still pictures; found weights that read "
            f"{weights.representation}. Measure them on clips: emo evaluate {weights.name} CORPUS, CORPUS being one of "
            "clips, or folder with --root"
        )


def _still_faces(corpus: str, root: Path | None, rule: str | None = None) -> FaceCorpus:
    kind = corpora.get(corpus)
    if not issubclass(kind, FaceCorpus):
        raise CorpusError(
            f"corpus {corpus!r} holds clips, no still faces; expected ferplus, fer2013, rafdb or folder. Figures of a "
            f"network that was trained on its clips: emo evaluate RUN {corpus}. To measure on clips, put them into "
            "folders named after emotions and give folder --root DIR. emo analyze reads any clip"
        )
    options = {name: value for name, value in (("root", root), ("rule", rule)) if value is not None}
    if rule and not kind.rules:
        raise CorpusError(
            f"corpus {corpus!r} has labels of its own, and no rule by which votes become labels; found {rule!r}"
        )
    return kind(**options)


def _predict(engine: OnnxEngine, pixels: np.ndarray, faces: str, detector: str) -> np.ndarray:
    """Probabilities float32 (N, C) of gray faces uint8 (N, S, S) of any size."""
    crops = crops_of_faces(pixels, engine.weights.input_spec, faces, detector)
    return np.concatenate([engine.predict_each(crops[i : i + BATCH]) for i in range(0, len(crops), BATCH)])
