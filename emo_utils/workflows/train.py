"""`emo train`: train networks on a corpus fold by fold, and pool the results."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
from accelerate import PartialState

from emo_utils.datasets.splits import Split, lost_emotions, make_folds, make_split
from emo_utils.errors import EmoError
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import write_predictions
from emo_utils.models import backbones_for, find_backbone, takes
from emo_utils.output import write_text_whole
from emo_utils.run_folder import RunFolder, pooled_predictions
from emo_utils.structures import Clip
from emo_utils.training.classical import classical_models
from emo_utils.training.experiment import Experiment
from emo_utils.training.networks import check_start
from emo_utils.training.recipes import DEFAULT_BACKBONE
from emo_utils.training.run import finished, run, run_classical
from emo_utils.workflows.plan import default_folder, experiment_for
from emo_utils.workflows.sources import (
    Data,
    Source,
    default_protocol,
    find_clips,
    find_source,
    outline,
    shape_of,
    with_encoders,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A run over one or more folds.

    Attributes:
        folder: of the run; it holds a folder per fold.
        folds: numbers of the folds, in order.
        metrics: of each fold, see `RunFolder.metrics`.
        pooled: figures of all test predictions together.
        part: the part that is measured: `test`, or `validation` if the published split has no test part. Then the epoch
            was chosen on the measured part, as in the source of that split.
        note: what differs from the folds of the literature because people are absent; empty if nothing does.
    """

    folder: Path
    folds: tuple[int, ...]
    metrics: tuple[dict, ...] = field(repr=False)
    pooled: dict = field(repr=False)
    part: str = "test"
    note: str = ""

    @property
    def predictions(self) -> pd.DataFrame:
        """Predictions of the measured part, all folds together."""
        return RunFolder(self.folder).predictions(self.part)

    def fold_folder(self) -> Path:
        """The folder of the first of these folds."""
        return RunFolder(self.folder).fold(self.folds[0]).path

    @property
    def table(self) -> pd.DataFrame:
        """Figures of the measured part: a row per fold, and a pooled row for several folds."""
        rows = [_row(str(fold), one[self.part]) for fold, one in zip(self.folds, self.metrics, strict=True)]
        if len(rows) > 1:
            rows.append(_row("pooled", self.pooled))
        return pd.DataFrame(rows).set_index("fold")


def _row(fold: str, report: dict) -> dict:
    kept = {key: report[key] for key in ("n", "subjects", "accuracy", "uar", "macro_f1", "ece")}
    return {"fold": fold, **kept, **dict(zip(("low", "high"), report["accuracy_interval_95"], strict=True))}


def train(
    data: Data,
    settings: dict,
    protocol: str | None = None,
    fold: int | None = None,
    folds: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    on_epoch: Callable[[dict], None] | None = None,
) -> Trained:
    """Train one fold or all; finished folds are not trained again, and a stopped one is continued.

    Args:
        data: the training data; clips are prepared first if they are not yet.
        settings: values of `Experiment`; absent ones and None come from the recipe of the representation.
        protocol: `random`, `subject` or `official`; by default the published split of the corpus, else `subject`, or
            `random` where people are not known.
        fold: the fold to train; None trains all.
        folds: number of folds; None takes that of the literature.
        seed: of the run and of the split.
        out: the run's folder; by default one under `<EMO_DATA_DIR>/runs/<corpus>` per settings.
        on_epoch: see `fit`.

    Raises:
        EmoError: a name, an option or a value is wrong, or the corpus is absent.
        RunError: the folder holds a run with other settings.
    """
    backbone = settings.get("backbone") or DEFAULT_BACKBONE.get(data.representation)
    check_backbone(backbone, data.representation)
    data = with_encoders(data, backbone)
    about, clips, protocol = outline(data), find_clips(data), protocol or default_protocol(data)
    splits = _splits(clips, protocol, fold, folds, seed)
    for said in [*lost_emotions(splits), splits[0].note]:
        if said:
            log.warning("%s: %s", data.corpus, said)
    experiment = experiment_for(data.corpus, about, settings, protocol, folds, seed)
    root = RunFolder(out) if out else default_folder(data, experiment)
    with PartialState().main_process_first():  # of several processes, one fetches the weights and prepares the clips
        _check_start(data, experiment, root, splits)
        source = find_source(data, clips)
    results = []
    for split in splits:
        one = replace(experiment, fold=split.fold)
        results.append(_train_fold(source, split, one, root.fold(split.fold).path, on_epoch))
    with PartialState().main_process_first():
        return pool(root, [split.fold for split in splits], results, splits[0].note)


def check_backbone(name: str | None, representation: str) -> None:
    """Refuse a network that does not accept this representation, before any clip is prepared.

    Raises:
        UnknownNameError: there is no such network.
        EmoError: it does not accept the representation.
    """
    if name is None:  # an unknown representation is refused later, when it is looked up
        return
    accepts = ("features",) if name in classical_models else find_backbone(name).accepts
    if representation not in accepts and not (name not in classical_models and takes(name, representation)):
        others = [*backbones_for(representation), *(classical_models if representation == "features" else ())]
        raise EmoError(
            f"backbone {name} accepts {', '.join(accepts)}, not {representation}; "
            f"these accept it: {', '.join(others) or 'none'}"
        )


def _check_start(data: Data, experiment: Experiment, root: RunFolder, splits: Sequence[Split]) -> None:
    """Refuse first weights that cannot be had before anything is prepared; finished folds need none."""
    experiments = [replace(experiment, fold=split.fold) for split in splits]
    pending = [one for one in experiments if not finished(one, root.fold(one.fold).path)]
    if pending and experiment.backbone not in classical_models:
        start = check_start(pending[0], *shape_of(data, experiment.input_spec))
        if start and not start.is_whole:
            log.warning("%s", start)


def _train_fold(source: Source, split: Split, experiment: Experiment, folder: Path, on_epoch) -> dict:
    if experiment.backbone in classical_models:
        return run_classical(experiment, source.table, split, folder)
    parts = source.parts(split)
    part = "test" if split.test else "validation"
    if not len(parts[part]):
        raise EmoError(f"{split.name}: no clip is left to {part} on; the manifest tells why clips failed")
    if not split.test:
        log.warning("%s has no test part: measured on the validation part, on which the epoch is chosen", split.name)
    return run(experiment, parts, folder, on_epoch)


def _splits(clips: Sequence[Clip], protocol: str, fold: int | None, folds: int | None, seed: int) -> list[Split]:
    if fold is None:
        return make_folds(clips, protocol, folds, seed)
    return [make_split(clips, protocol, fold, folds, seed)]


def pool(root: RunFolder, folds: Sequence[int], results: Sequence[dict], note: str = "") -> Trained:
    """Write predictions and metrics of all folds together into the run's folder; `note` is the split's."""
    part = "test" if "test" in results[0] else "validation"
    table = pooled_predictions([root.fold(fold) for fold in folds], part)
    pooled = measure(table, tuple(results[0][part]["classes"]))
    write_predictions(table, root.predictions_file(part))
    about = {key: results[0][key] for key in ("experiment", "commit")} | ({"split_note": note} if note else {})
    write_text_whole(root.metrics_file, json.dumps({**about, "folds": list(folds), part: pooled}, indent=1) + "\n")
    return Trained(root.path, tuple(folds), tuple(results), pooled, part, note)
