"""`emo train`: a corpus by name to trained networks, fold by fold, and one pooled table."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
from accelerate import PartialState

from emo_utils.apps.sources import Data, Source, find_source
from emo_utils.datasets.manifest import write_whole
from emo_utils.datasets.splits import Split, make_folds, make_split
from emo_utils.errors import EmoError
from emo_utils.settings import load_settings
from emo_utils.training.classical import classical_models
from emo_utils.training.experiment import Experiment
from emo_utils.training.measure import measure
from emo_utils.training.recipes import DEFAULT_BACKBONE, RECIPES
from emo_utils.training.run import METRICS, PREDICTIONS, run, run_classical, write_whole_csv

SHORTEST_WARMUP = 5
"""A warm-up takes at most this part of the epochs, 1/5."""


@dataclass(frozen=True)
class Trained:
    """A run over one or more folds.

    Attributes:
        folder: of the run; a folder per fold in it.
        folds: numbers of the folds, in order.
        metrics: of each fold, what its `metrics.json` holds.
        pooled: figures of all test predictions together.
    """

    folder: Path
    folds: tuple[int, ...]
    metrics: tuple[dict, ...] = field(repr=False)
    pooled: dict = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """Figures of the test part: a row per fold, and of several folds the pooled one."""
        rows = [_row(str(fold), one["test"]) for fold, one in zip(self.folds, self.metrics, strict=True)]
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
    """Train one fold, or all of them; finished folds are not trained again, a stopped one goes on.

    Args:
        data: what to train on; clips are prepared first where they are not yet.
        settings: values of `Experiment`; what is absent or None comes from the representation's recipe.
        protocol: `random`, `subject` or `official`; by default what the corpus publishes, else `subject`.
        fold: the fold to train; None trains all.
        folds: how many folds; None takes the literature's.
        seed: of the run and of the split.
        out: the run's folder; by default one under `<EMO_DATA_DIR>/runs/<corpus>` per settings.
        on_epoch: see `fit`.

    Raises:
        EmoError: a name, an option or a value makes no sense, or the corpus is absent.
    """
    with PartialState().main_process_first():  # of several processes, one prepares the clips
        source = find_source(data)
    protocol = protocol or source.protocol
    splits = _splits(source, protocol, fold, folds, seed)
    experiment = experiment_for(source, settings, protocol, folds, seed)
    root = Path(out) if out else load_settings().data_dir / "runs" / data.corpus / experiment.name
    results = []
    for split in splits:
        one = replace(experiment, fold=split.fold)
        results.append(_train_fold(source, split, one, root / f"fold_{split.fold}", on_epoch))
    with PartialState().main_process_first():
        return pool(root, [split.fold for split in splits], results)


def _train_fold(source: Source, split: Split, experiment: Experiment, folder: Path, on_epoch) -> dict:
    if experiment.backbone in classical_models:
        if source.table is None:
            raise EmoError(f"{experiment.backbone} takes numbers, not pictures: use --representation features")
        return run_classical(experiment, source.table, split, folder)
    parts = source.parts(split)
    if not len(parts["test"]):
        raise EmoError(f"{split.name}: no clip is left to test on; the manifest tells why clips failed")
    return run(experiment, parts, folder, on_epoch)


def _splits(source: Source, protocol: str, fold: int | None, folds: int | None, seed: int) -> list[Split]:
    if fold is None:
        return make_folds(source.clips, protocol, folds, seed)
    return [make_split(source.clips, protocol, fold, folds, seed)]


def experiment_for(source: Source, settings: dict, protocol: str, folds: int | None, seed: int) -> Experiment:
    """The run's settings: those given, then the representation's recipe, then `Experiment`'s own."""
    name = source.representation["name"]
    values = {"backbone": DEFAULT_BACKBONE[name], **RECIPES[name]}
    values |= {key: value for key, value in settings.items() if value is not None}
    whole = Experiment.__dataclass_fields__
    epochs, warmup = (values.get(key, whole[key].default) for key in ("epochs", "warmup_epochs"))
    values["warmup_epochs"] = min(warmup, epochs / SHORTEST_WARMUP)
    fixed = {"corpus": source.corpus, "representation": source.representation, "input_spec": source.input_spec}
    return Experiment(**fixed, protocol=protocol, folds=folds, seed=seed, **values)


def pool(root: Path, folds: Sequence[int], results: Sequence[dict]) -> Trained:
    """Write `predictions_test.csv` and `metrics.json` of all folds together into the run's folder."""
    tables = []
    for fold in folds:
        path = root / f"fold_{fold}" / PREDICTIONS.format("test")
        tables.append(pd.read_csv(path, dtype={"clip_id": str, "subject_id": str}).assign(fold=fold))
    table = pd.concat(tables, ignore_index=True)
    pooled = measure(table, tuple(results[0]["test"]["classes"]))
    write_whole_csv(table, root / PREDICTIONS.format("test"))
    about = {key: results[0][key] for key in ("experiment", "commit")}
    write_whole(root / METRICS, json.dumps({**about, "folds": list(folds), "test": pooled}, indent=1) + "\n")
    return Trained(root, tuple(folds), tuple(results), pooled)
