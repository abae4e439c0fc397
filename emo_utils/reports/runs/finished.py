"""Finished runs of a corpus, found on disk: settings and predictions."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

import pandas as pd

from emo_utils.datasets.registry import corpora
from emo_utils.evaluation.measure import measure
from emo_utils.reports.runs.overview import figure_text
from emo_utils.reports.runs.table_text import SYNTHETIC
from emo_utils.run_folder import RunFolder, pooled_predictions


@dataclass(frozen=True)
class FinishedRun:
    """A run of which at least one fold is finished.

    Attributes:
        folder: of the run.
        corpus: its name.
        experiment: the settings of the first finished fold.
        folds: numbers of the finished folds; empty for predictions made elsewhere.
        part: the predicted part: `test`, or `validation` where the published split has no test part.
        predictions: of that part, all finished folds together.
        validation_uar: mean over folds; None without a validation part.
    """

    folder: Path
    corpus: str
    experiment: dict = field(repr=False)
    folds: tuple[int, ...]
    part: str
    predictions: pd.DataFrame = field(repr=False)
    validation_uar: float | None = None

    @cached_property
    def report(self) -> dict:
        """All figures of the predictions; see `evaluation.measure`."""
        return measure(self.predictions)

    @property
    def synthetic(self) -> bool:
        """Whether the corpus is synthetic, so that its figures say nothing about accuracy."""
        return corpora.get(self.corpus).facts.synthetic

    @property
    def representation(self) -> str:
        """Name of the representation; empty for predictions made elsewhere."""
        return self.experiment.get("representation", {}).get("name", "")

    @property
    def protocol(self) -> str:
        """Protocol of the split; empty for predictions made elsewhere."""
        return self.experiment.get("protocol", "")

    @property
    def control(self) -> str:
        """Control experiment: what was shuffled, `labels` or `frames`, or `none`."""
        return self.experiment.get("control", "none")

    @property
    def label(self) -> str:
        """Text for a title: network, representation, protocol, and control experiment."""
        about = self.experiment.get("representation", {})
        number = about.get("interval") or about.get("frames")
        accepted = f"{self.representation} {_NUMBER[self.representation]} {number}" if number else self.representation
        size = f"{about['size']} px" if about.get("size") else ""
        seed = f"seed {self.experiment['seed']}" if self.experiment.get("seed") else ""
        shuffled = f"{self.control} shuffled" if self.control != "none" else ""
        who = _WHO.get(self.protocol, self.protocol)
        return ", ".join(filter(None, (self.network, accepted, size, who, seed, shuffled)))

    @property
    def network(self) -> str:
        """Name of the backbone, or of the file of published predictions."""
        settings = self.experiment
        name = settings.get("backbone") or settings.get("weights")
        return name or settings.get("published", self.folder.name).split(".")[0]

    def fold_folder(self) -> Path | None:
        """The finished fold with most people in its predictions; None for predictions made elsewhere."""
        if not self.folds:
            return None
        people = self.predictions.groupby("fold")["subject_id"].nunique()
        return RunFolder(self.folder).fold(people.idxmax()).path


_NUMBER = {"stack": "every", "sequence": "of"}
_WHO = {"subject": "by person", "random": "random split", "official": "official split"}


def find_finished(runs: Path, pattern: str = "*") -> list[FinishedRun]:
    """The finished runs in a folder, ordered by their validation figure (never by test figures), the best first.

    Runs under a random split come after the others, and control experiments last.

    Args:
        runs: `<EMO_DATA_DIR>/runs/<corpus>`; it may be absent.
        pattern: of the folders' names, such as `*-stack-subject-*`.
    """
    folders = sorted(path for path in runs.glob("*") if path.is_dir() and fnmatch(path.name, pattern))
    found = [run for folder in folders if (run := _read(folder))]
    return sorted(found, key=lambda run: (run.control != "none", run.protocol == "random", -(run.validation_uar or 0)))


def distinct(runs: Sequence[FinishedRun]) -> list[FinishedRun]:
    """The runs without doubles, as after a change of how folders are named: the same label and the same figures."""
    found: dict[tuple, FinishedRun] = {}
    for run in runs:
        found.setdefault((run.label, *figures_of(run)), run)
    return list(found.values())


def figures_of(run: FinishedRun | None) -> tuple:
    """What tells two runs of one model apart: the numbers of clips and people, and the figures; () for no run."""
    names = ("n", "people", "accuracy", "uar", "macro_f1", "nll")
    return (
        ()
        if run is None
        else tuple(f"{run.report[name]:.9f}" if run.report[name] is not None else "" for name in names)
    )


def by_title(runs: Sequence[FinishedRun]) -> dict[str, pd.DataFrame]:
    """Predictions by the run's label; runs of the same label are told apart by their folders' last digits."""
    labels = Counter(run.label for run in runs)
    digits = [run.folder.name.rsplit("-", 1)[-1] if labels[run.label] > 1 else "" for run in runs]
    titles = [", ".join(filter(None, (run.label, which))) for run, which in zip(runs, digits, strict=True)]
    return {title: run.predictions for title, run in zip(titles, runs, strict=True)}


def choose(runs: Sequence[FinishedRun], **wanted: str) -> FinishedRun | None:
    """The first run whose attributes, such as `network`, have these values (one or several each); None without one."""
    several = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in wanted.items()}
    fitting = (run for run in runs if all(getattr(run, name) in values for name, values in several.items()))
    return next(fitting, None)


def overview(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """A row per run: figures with intervals over people, numbers of clips and people, real or synthetic."""
    rows = []
    for run in runs:
        figures = {name: figure_text(run.report, name) for name in ("accuracy", "uar")}
        figures["macro-F1"] = f"{run.report['macro_f1']:.2f}"
        folds = " ".join(map(str, run.folds)) or "-"
        counted = {"clips": run.report["n"], "people": run.report["people"], "folds": folds}
        rows.append({"run": run.label, **figures, **counted, "data": SYNTHETIC if run.synthetic else "real"})
    return pd.DataFrame(rows).set_index("run") if rows else pd.DataFrame(rows)


def _read(folder: Path) -> FinishedRun | None:
    run = RunFolder(folder)
    folds = run.finished_folds()
    used = folds or (run,)
    part = next(iter(used[0].parts()), None)
    if used[0].finished() is None or part is None:
        return None
    metrics = [fold.metrics() for fold in used]
    validated = [of_fold["validation"]["uar"] for of_fold in metrics if "validation" in of_fold]
    return FinishedRun(
        folder,
        metrics[0]["experiment"].get("corpus", folder.parent.name),
        metrics[0]["experiment"],
        tuple(fold.number for fold in folds),
        part,
        pooled_predictions(used, part),
        sum(validated) / len(validated) if validated else None,
    )
