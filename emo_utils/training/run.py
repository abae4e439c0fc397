"""A whole run, from its settings and samples to weights, predictions and figures."""

import json
import logging
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState

from emo_utils.assets import FACERES_LICENCE
from emo_utils.datasets.controls import shuffle_frames, shuffle_labels
from emo_utils.datasets.features import FeatureTable
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.samples import Samples
from emo_utils.datasets.splits import Split
from emo_utils.errors import RunError
from emo_utils.evaluation.figures import measure_parts, predictions_of, shortened
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import write_predictions
from emo_utils.hashing import sha256_of_file
from emo_utils.inference.prior import UNIFORM, class_shares
from emo_utils.models import find_backbone
from emo_utils.output import make_folder, write_text_whole
from emo_utils.run_folder import RunFolder
from emo_utils.run_identity import differing
from emo_utils.training.classical import predict_fold
from emo_utils.training.deployable import PERSON, deployable
from emo_utils.training.experiment import Experiment, code_commit
from emo_utils.training.fit import OnEpoch, fit, predict
from emo_utils.training.fit_head import fit_head, statistics_of
from emo_utils.training.networks import build_network
from emo_utils.training.person import TRANSDUCTIVE, normalised, normalised_table
from emo_utils.training.release import release
from emo_utils.training.sample_windows import window_rule

log = logging.getLogger(__name__)


def run(experiment: Experiment, parts: dict[str, Samples], folder: Path, on_epoch: OnEpoch | None = None) -> dict:
    """Train, predict, measure. A finished run is not repeated, a stopped one is resumed.

    The test part is used once, at the very end. Beside the files of `fit` it writes predictions (a row per clip: the
    mean over its samples, before calibration), a sidecar, the weights file for `emo analyze`, and last the metrics. The
    files' names are those of `run_folder`.

    Returns:
        The metrics, as from `RunFolder.metrics`.

    Raises:
        RunError: the folder holds a run with other settings.
    """
    done = finished(experiment, folder)
    if done:
        return done
    refuse_other_settings(experiment, RunFolder(folder))
    parts = apply_control(parts, experiment)
    if is_fitted(experiment):
        return _run_fitted(experiment, parts, folder)
    raw, parts = parts, normalised(parts, experiment.normalise)
    model = fit(experiment, parts, folder, on_epoch)
    with PartialState().main_process_first():  # only one of several processes predicts and writes
        return finished(experiment, folder) or _finish(model, experiment, parts, folder, exported=raw)


def _run_fitted(experiment: Experiment, parts: dict[str, Samples], folder: Path) -> dict:
    """`run` for a head that is fitted exactly: its validation predictions are those cross-validated in training."""
    model, frames = build_network(experiment, parts["train"]), parts
    parts = normalised(statistics_of(model.head, parts), experiment.normalise)
    model, samples, logits = fit_head(experiment, model, parts, folder)
    # the temperature is in the head already: the samples it was fitted on could not calibrate it
    frames = {
        "train": frames["train"] + frames["validation"],
        "validation": frames["validation"].of([]),
        "test": frames["test"],
    }
    return _finish(model, experiment, {**parts, "train": samples, "validation": samples}, folder, logits, frames)


def _finish(
    model: torch.nn.Module,
    experiment: Experiment,
    parts: dict[str, Samples],
    folder: Path,
    validated: torch.Tensor | None = None,
    exported: dict[str, Samples] | None = None,
) -> dict:
    """The part of `run` that follows training.

    Args:
        model: trained.
        experiment: its settings.
        parts: samples by part.
        folder: of the run.
        validated: logits of the part `validation` by models that did not see it; None predicts it.
        exported: samples as the weights file reads them; None takes `parts`.
    """
    run_folder = RunFolder(folder)
    logits = {part: predict(model, parts[part], experiment) for part in evaluated(parts)}
    logits |= {} if validated is None else {"validation": validated}
    tables = {part: predictions_of(probabilities_of(logits[part]), parts[part]) for part in logits}
    for part, table in tables.items():
        write_predictions(table, run_folder.predictions_file(part))
    metrics = measure_parts(tables, parts["train"].classes)
    metadata = metadata_of(experiment, run_folder)
    write_sidecar(run_folder, experiment, parts["train"].classes, metrics, metadata)
    export_if_possible(model, experiment, run_folder.weights_file, exported or parts, metadata)
    about = {"experiment": experiment.to_dict(), "commit": metadata["trained_at_commit"]}
    metrics = about | normalisation_of(experiment) | metrics
    write_text_whole(run_folder.metrics_file, json.dumps(metrics, indent=1) + "\n")
    return metrics


def run_classical(experiment: Experiment, table: FeatureTable, split: Split, folder: Path) -> dict:
    """The same for a model of `training.classical`: fit, predict the test part, measure; the model is not kept."""
    done = finished(experiment, folder)
    if done:
        return done
    run_folder = RunFolder(folder)
    refuse_other_settings(experiment, run_folder)
    make_folder(folder)
    table = normalised_table(table, experiment.normalise)
    predictions = predict_fold(table, experiment.backbone, split, experiment.seed)
    write_predictions(predictions, run_folder.predictions_file("test"))
    about = {"experiment": experiment.to_dict(), "commit": code_commit()} | normalisation_of(experiment)
    metrics = {**about, "test": measure(predictions, table.classes)}
    write_text_whole(run_folder.metrics_file, json.dumps(metrics, indent=1) + "\n")
    return metrics


def finished(experiment: Experiment, folder: Path) -> dict | None:
    """The metrics of a finished run with the same settings; None without one."""
    return RunFolder(folder).finished(experiment.to_dict(), Experiment.defaults())


def refuse_other_settings(experiment: Experiment, folder: RunFolder) -> None:
    """Refuse to resume from another run's checkpoint, and to replace another run's files.

    Raises:
        RunError: the folder holds a run with other settings.
    """
    if not (folder.experiment_file.exists() or folder.metrics_file.exists()):
        return
    defaults = Experiment.defaults()
    found, given = (differing(settings, defaults) for settings in (folder.experiment(), experiment.to_dict()))
    others = [name for name in sorted({*found, *given}) if found.get(name) != given.get(name)]
    if others:
        raise RunError(
            f"{folder.path}: expected no run, or one with these settings; found one with another {', '.join(others)}. "
            "Give another --out, or move that run away"
        )


def apply_control(parts: dict[str, Samples], experiment: Experiment) -> dict[str, Samples]:
    """The samples with the experiment's control applied (`Experiment.control`); test labels are always true."""
    if experiment.control == "labels":
        shuffled = {part: shuffle_labels(parts[part], experiment.seed) for part in ("train", "validation")}
        return {**parts, **{part: samples for part, samples in shuffled.items() if len(samples)}}
    if experiment.control == "frames":
        return {part: shuffle_frames(samples, experiment.seed) for part, samples in parts.items()}
    return parts


def is_fitted(experiment: Experiment) -> bool:
    """Whether the network is fitted exactly (`training.fit_head`), not by steps."""
    return getattr(find_backbone(experiment.backbone), "fitted", False)


def evaluated(parts: dict[str, Samples]) -> list[str]:
    """The parts that are predicted and measured."""
    return [part for part in ("validation", "test") if len(parts[part])]


def probabilities_of(logits: torch.Tensor) -> np.ndarray:
    """Softmax in double precision."""
    return logits.double().softmax(dim=1).numpy()


def metadata_of(experiment: Experiment, folder: RunFolder) -> dict:
    """Metadata of a sidecar: settings, commits, data, licence."""
    numbers = folder.checkpoint()
    corpus = corpora.create(experiment.corpus)
    start = json.loads(folder.start_file.read_text()) if folder.start_file.exists() else None
    return {
        "experiment": experiment.to_dict(),
        **({"start": start} if start else {}),
        "trained_at_commit": numbers["commit"],
        "best_epoch": numbers["best_epoch"],
        "data": {"corpus": experiment.corpus, "licence": corpus.licence, "citation": corpus.citation},
        "synthetic": corpus.facts.synthetic,
        "licence": licence_of(experiment),
        **normalisation_of(experiment),
    }


def normalisation_of(experiment: Experiment) -> dict:
    """What a sidecar and the metrics say of the standardisation by person; empty without one."""
    return {} if experiment.normalise == "none" else {"normalise": experiment.normalise, "note": TRANSDUCTIVE}


def licence_of(experiment: Experiment) -> str:
    """Licence of the weights; it names the face recogniser if this run or an earlier one may have started from it."""
    own = "MIT (weights trained by this package; see the data's own terms)"
    if "recogniser" not in find_backbone(experiment.backbone).starts or experiment.weights == "random":
        return own
    return f"{own}; started from a recogniser of people, {FACERES_LICENCE}"


def write_sidecar(
    folder: RunFolder, experiment: Experiment, classes: tuple[str, ...], metrics: dict, metadata: dict
) -> None:
    """Write the sidecar of the best epoch's network: input contract, classes, figures, metadata."""
    digest = sha256_of_file(folder.network_file)
    contract = {"classes": list(classes), "input_spec": experiment.input_spec.to_dict(), "sha256": digest}
    sidecar = {**contract, "metrics": shortened(metrics), **metadata}
    write_text_whole(folder.sidecar_file, json.dumps(sidecar, indent=1) + "\n")


def export_if_possible(model, experiment, path: Path, parts: dict[str, Samples], metadata: dict) -> None:
    """As `export_run`; a network that ONNX cannot hold, or that reads no clip, is logged, and its run is kept."""
    if why := reads_no_clip(experiment):
        log.info("%s: no weights file: %s", path.parent, why)
        return
    try:
        export_run(model, experiment, path, parts, metadata)
    except Exception as error:  # whatever the exporter raises, the training is not lost
        log.info("%s", error, exc_info=True)
        log.warning(
            "%s: no weights file, so that no clip can be read with this network: ONNX cannot hold %s (%s)",
            path.parent, experiment.backbone, str(error).splitlines()[0],
        )  # fmt: skip


def reads_no_clip(experiment: Experiment) -> str:
    """Why a network cannot read clips, in words; empty where it can, or where `export_run` finds out."""
    if experiment.normalise not in ("none", PERSON) and not is_fitted(experiment):
        return f"its frames are normalised by {experiment.normalise}, over several clips of a person"
    if experiment.representation.get("frames") and experiment.representation["name"] == "features":
        return "it reads tables of frames that another program measured"
    return ""


def export_run(model, experiment, path: Path, parts: dict[str, Samples], metadata: dict) -> Path:
    """Write a weights file, calibrated on the validation part, with a sidecar whose figures are after calibration."""
    made = deployable(model, experiment, parts)
    entries = entries_of(experiment, parts["train"]) | metadata | made.entries
    return release([made.network], path, experiment.input_spec, made.parts, entries)


def entries_of(experiment: Experiment, train: Samples) -> dict:
    """Entries of a sidecar that depend on the training samples: class shares, and the windows of networks over time."""
    rule = window_rule(experiment, train)
    window = {"window": rule.to_dict()} if rule else {}
    return prior_of(train, experiment) | window | {"exported_at_commit": code_commit()}


def prior_of(samples: Samples, experiment: Experiment) -> dict:
    """Entries of a sidecar on class shares: those of training, and the prior for clips."""
    shares = trained_shares(samples, experiment)
    return {"prior": shares, "clip_prior": UNIFORM if all(shares.values()) else experiment.corpus}


def trained_shares(samples: Samples, experiment: Experiment) -> dict[str, float]:
    """The class shares under which a network trained on these samples gives its probabilities; see `inference.prior`.

    They are the shares of the targets (votes, not the labels with most votes) after the experiment's `balance`:
    `weights` multiply a class, `sampling` draws the faces of a label more often.
    """
    targets = samples.targets.astype(float)
    if experiment.balance != "none":
        weights = 1 / np.maximum(np.bincount(samples.labels, minlength=len(samples.classes)), 1)
        targets = targets * (weights if experiment.balance == "weights" else weights[samples.labels][:, None])
    return class_shares(targets, samples.classes)
