"""`emo export`: put the networks of trained runs into one weights file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.inference.weights import find_weights, is_run
from emo_utils.run_folder import RunFolder
from emo_utils.training.deployable import deployable
from emo_utils.training.experiment import Experiment
from emo_utils.training.networks import load_networks
from emo_utils.training.release import Form, release
from emo_utils.training.run import entries_of, is_fitted, metadata_of
from emo_utils.workflows.open_run import parts_again

MEMBER = ("experiment", "trained_at_commit", "best_epoch")
"""What the sidecar of several networks stores for each."""


def export_weights(
    names: Sequence[str], out: Path, form: Form | None = None, corpus_options: dict | None = None
) -> Path:
    """Put the networks of runs into one weights file, calibrated and measured; the first gives the metadata.

    Args:
        names: folders of finished runs, or names of shipped weights, all of the same corpus and input. Of a run of
            several folds the first finished one is taken and logged.
        out: the ONNX file to write; its sidecar goes beside it.
        form: of the file.
        corpus_options: of the corpus, such as `root`, if it was trained with any.

    Raises:
        EmoError: no name, or runs of different corpora.
        RunError: a folder that is no run, or has no finished fold or no network.
    """
    if not names or out.suffix != ".onnx":
        raise EmoError(f"expected runs and a file that ends in .onnx, found {len(names)} runs and {out}")
    names = [str(RunFolder(name).network().path) if is_run(name) else name for name in names]
    all_metadata = [member for name in names for member in _metadata(name)]
    experiment = Experiment.from_dict(all_metadata[0]["experiment"])
    if others := {metadata["experiment"]["corpus"] for metadata in all_metadata} - {experiment.corpus}:
        raise EmoError(f"expected runs on {experiment.corpus}, as the first is, found {', '.join(sorted(others))}")
    parts = parts_again(experiment, corpus_options)
    networks = [network for name in names for network in load_networks(name, experiment, parts["train"])]
    metadata = {key: value for key, value in all_metadata[0].items() if key != "members"}
    if len(all_metadata) > 1:
        metadata["members"] = [{key: member[key] for key in MEMBER} for member in all_metadata]
    if is_fitted(experiment):  # it has learnt from the validation part, which cannot calibrate it
        parts = {**parts, "validation": parts["validation"].of(np.empty(0, int))}
    made = [deployable(network, experiment, parts) for network in networks]
    entries = entries_of(experiment, parts["train"]) | metadata | made[0].entries
    return release([one.network for one in made], out, experiment.input_spec, made[0].parts, entries, form or Form())


def _metadata(name: str) -> list[dict]:
    """The metadata of each network of a fold's folder or of shipped weights."""
    if is_run(name):
        run = RunFolder(name)
        return [metadata_of(Experiment.from_dict(run.experiment()), run)]
    sidecar = find_weights(name).sidecar
    whole = {key: sidecar[key] for key in (*MEMBER, "data", "licence")}
    return [whole | member for member in sidecar.get("members", [{}])]
