"""The folder of a training run; the names of its files are defined here only.

`emo train` writes a run like this; every file appears whole, and `metrics.json` last:

| file | holds |
|---|---|
| `metrics.json` | settings, commit and figures of all folds together |
| `predictions_<part>.csv` | the predictions of all folds together, see `evaluation.predictions` |
| `fold_<k>/metrics.json` | settings, commit and figures of one fold; a fold without it is not finished |
| `fold_<k>/predictions_<part>.csv` | the predictions of that fold |
| `fold_<k>/experiment.json` | the settings, from the start of training on |
| `fold_<k>/start.json` | if the first weights are a run's: its folder, and what became of its first and last layer |
| `fold_<k>/history.csv` | figures of each epoch |
| `fold_<k>/checkpoint.json` | where training stands; it names the file of tensors beside it |
| `fold_<k>/best.safetensors`, `best.json` | the network of the best epoch, and its sidecar |
| `fold_<k>/weights.onnx`, `weights.json` | the weights file that `emo analyze` reads, and its sidecar |

For models of scikit-learn only `metrics.json` and predictions are kept. Predictions of other programs lie in a folder
without folds.
"""

import csv
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from emo_utils.errors import RunError
from emo_utils.run_identity import same_settings

log = logging.getLogger(__name__)

MEASURED = ("test", "validation")
"""The part that is measured is the first of these that has predictions."""

FOLD, PREDICTIONS, CHECKPOINT = "fold_", "predictions_", "-checkpoint.safetensors"


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run, or of one of its folds; it need not exist.

    Attributes:
        path: of the folder.
    """

    path: Path

    def __post_init__(self):
        object.__setattr__(self, "path", Path(self.path))

    def fold(self, number: int) -> "RunFolder":
        """The folder of one fold."""
        return RunFolder(self.path / f"{FOLD}{number}")

    @property
    def number(self) -> int | None:
        """The number of the fold; None if this is not the folder of one fold."""
        digits = self.path.name.removeprefix(FOLD)
        return int(digits) if self.path.name.startswith(FOLD) and digits.isdecimal() else None

    @property
    def metrics_file(self) -> Path:
        """Settings, commit and figures; written last."""
        return self.path / "metrics.json"

    @property
    def experiment_file(self) -> Path:
        """Settings, written when training starts."""
        return self.path / "experiment.json"

    @property
    def start_file(self) -> Path:
        """What became of the run that the first weights are from; only where they are from a run."""
        return self.path / "start.json"

    @property
    def history_file(self) -> Path:
        """A row per epoch."""
        return self.path / "history.csv"

    @property
    def checkpoint_file(self) -> Path:
        """Numbers of the training loop after its last whole epoch."""
        return self.path / "checkpoint.json"

    def checkpoint_tensors(self, epoch: int) -> Path:
        """Tensors of the training loop after an epoch."""
        return self.path / f"{epoch:04d}{CHECKPOINT}"

    def all_checkpoint_tensors(self) -> list[Path]:
        """The files of `checkpoint_tensors` that are there."""
        return sorted(self.path.glob(f"*{CHECKPOINT}"))

    @property
    def network_file(self) -> Path:
        """Tensors of the best epoch's network."""
        return self.path / "best.safetensors"

    @property
    def sidecar_file(self) -> Path:
        """Input and classes of the network, beside `network_file`."""
        return self.path / "best.json"

    @property
    def weights_file(self) -> Path:
        """The weights file that `emo analyze` reads."""
        return self.path / "weights.onnx"

    def predictions_file(self, part: str) -> Path:
        """Predictions of one part: `train`, `validation` or `test`."""
        return self.path / f"{PREDICTIONS}{part}.csv"

    def folds(self) -> tuple["RunFolder", ...]:
        """The folders of the folds that were started, by number; empty for the folder of one fold."""
        found = [RunFolder(path) for path in self.path.glob(f"{FOLD}*") if path.is_dir()]
        return tuple(sorted((fold for fold in found if fold.number is not None), key=lambda fold: fold.number))

    def finished_folds(self) -> tuple["RunFolder", ...]:
        """Those of `folds` that are finished."""
        return tuple(fold for fold in self.folds() if fold.metrics_file.exists())

    def parts(self) -> tuple[str, ...]:
        """The parts with predictions; the part that is measured comes first."""
        found = {path.stem.removeprefix(PREDICTIONS) for path in self.path.glob(f"{PREDICTIONS}*.csv")}
        return (*(part for part in MEASURED if part in found), *sorted(found - {*MEASURED}))

    def metrics(self) -> dict:
        """The content of `metrics.json`.

        Raises:
            RunError: the run is not finished, or the file cannot be read.
        """
        return self._read(self.metrics_file, "a finished run; give the command of `emo train` again to finish it")

    def experiment(self) -> dict:
        """The settings, as `training.experiment.Experiment.to_dict` gives them.

        Raises:
            RunError: this is not the folder of a run, or the file cannot be read.
        """
        if not self.experiment_file.exists() and self.metrics_file.exists():
            return self.metrics()["experiment"]
        return self._read(self.experiment_file, "the folder of a run, as `emo train` prints it")

    def sidecar(self) -> dict:
        """Input and classes of the network of this fold.

        Raises:
            RunError: the fold is not finished, or the file cannot be read.
        """
        return self._read(self.sidecar_file, "the folder of a finished run; give the command of `emo train` again")

    def _read(self, path: Path, expected: str) -> dict:
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(f"{self.path}: expected {expected}; found no {path.name} in it") from error
        except ValueError as error:
            raise RunError(f"{path}: expected JSON, found something else ({error}); train the run again") from error

    def finished(self, settings: Mapping | None = None, defaults: Mapping | None = None) -> dict | None:
        """The content of `metrics.json` if the run is finished and has these settings; else None.

        Args:
            settings: the settings to compare with; None: any.
            defaults: values of settings that an older run does not store.
        """
        if not self.metrics_file.exists():
            return None
        metrics = self.metrics()
        same = settings is None or same_settings(metrics.get("experiment", {}), settings, defaults or {})
        return metrics if same else None

    def predictions(self, part: str | None = None) -> pd.DataFrame:
        """The predictions of one part as they were written.

        Args:
            part: `validation` or `test`; by default the first of `parts`.

        Raises:
            RunError: there are none.
        """
        part = part or next(iter(self.parts()), MEASURED[0])
        path = self.predictions_file(part)
        if not path.exists():
            found = ", ".join(self.parts()) or "none"
            raise RunError(f"{self.path}: expected predictions of the part {part}, found {found}; finish the run first")
        return pd.read_csv(path, dtype={"clip_id": str, "subject_id": str})

    def history(self) -> pd.DataFrame:
        """Figures of each epoch; empty if no epoch is finished."""
        return pd.read_csv(self.history_file) if self.history_file.exists() else pd.DataFrame()

    def append_history(self, row: Mapping) -> None:
        """Add one epoch's figures to the history, six decimals."""
        fresh = not self.history_file.exists()
        with self.history_file.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if fresh:
                writer.writeheader()
            writer.writerow({key: round(value, 6) if isinstance(value, float) else value for key, value in row.items()})

    def with_history(self) -> tuple["RunFolder", ...]:
        """The folders that hold a history: this one, or its folds.

        Raises:
            RunError: there is none; models that are not trained in epochs have none.
        """
        found = tuple(one for one in (self, *self.folds()) if one.history_file.exists())
        if not found:
            name = self.history_file.name
            raise RunError(
                f"{self.path}: expected {name} or {FOLD}<k>/{name}, found neither; train the run first. Models that "
                "are not trained in epochs have no history"
            )
        return found

    def checkpoint(self) -> dict:
        """Numbers of the training loop after its last whole epoch; empty where there is no checkpoint."""
        return json.loads(self.checkpoint_file.read_text()) if self.checkpoint_file.exists() else {}

    def one_fold(self, number: int | None = None) -> "RunFolder":
        """The folder of one fold: this folder itself where it has no folds.

        Args:
            number: of the fold; None takes the first finished one. If there are several, the log names it.

        Raises:
            RunError: this is not the folder of a run, or no such fold is finished.
        """
        folds = self.folds()
        if not folds:
            files = (self.metrics_file, self.experiment_file, self.sidecar_file, self.weights_file)
            if not any(file.exists() for file in files):
                expected = f"expected the folder of a run, as `emo train` prints it, or {FOLD}<k> in it"
                raise RunError(f"{self.path}: {expected}; found {_content(self.path)}. Give the folder of a run")
            return self
        if number is not None:
            if self.fold(number) not in folds:
                raise RunError(f"{self.path}: expected {FOLD}{number}, found {', '.join(f.path.name for f in folds)}")
            return self.fold(number)
        finished = self.finished_folds()
        if not finished:
            begun = ", ".join(fold.path.name for fold in folds)
            raise RunError(
                f"{self.path}: expected a finished fold, found {begun} without {self.metrics_file.name}; give the "
                "command of `emo train` again to finish the run"
            )
        if len(finished) > 1:
            log.warning(
                "%s holds %d finished folds; %s is used. Give %s/%s<k> for another",
                self.path, len(finished), finished[0].path.name, self.path, FOLD,
            )  # fmt: skip
        return finished[0]

    def network(self, number: int | None = None) -> "RunFolder":
        """The folder of one fold that holds a trained network and its settings; see `one_fold`.

        Raises:
            RunError: as `one_fold`, or the fold keeps no network.
        """
        fold = self.one_fold(number)
        if not fold.network_file.exists():
            raise RunError(
                f"{fold.path}: expected {fold.network_file.name} of a trained network, found {fold._described()}; "
                "models of scikit-learn keep predictions alone. Give the run of a network"
            )
        return fold

    def weights(self, number: int | None = None) -> Path:
        """The weights file that `emo analyze` reads, of one fold; see `one_fold`.

        Raises:
            RunError: as `network`, or the run was trained before its kind of network had a weights file.
        """
        if self.weights_file.exists():
            return self.weights_file
        fold = self.network(number)
        if not fold.weights_file.exists():
            raise RunError(
                f"{fold.path}: expected {fold.weights_file.name}, which `emo train` writes at the end; found "
                f"{fold._described()} without one, as older versions left it. Write it: emo export {fold.path} --out "
                f"network.onnx, and give network.onnx as weights"
            )
        return fold.weights_file

    def _described(self) -> str:
        """Network and input of a run in a few words."""
        settings = self.experiment()
        spec = settings.get("input_spec", {})
        about = [settings.get("backbone", "predictions made elsewhere")]
        if name := settings.get("representation", {}).get("name"):
            about.append(f"on the representation {name}")
        if spec and name != "features":
            about.append(f"({spec.get('channels')} channels, {spec.get('colour')}, {spec.get('size')} px)")
        return " ".join(about)


def _content(folder: Path) -> str:
    """What a folder holds, in a few words."""
    if not folder.is_dir():
        return "a file" if folder.exists() else "no such folder"
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") or "an empty folder"


def pooled_predictions(folds: Iterable[RunFolder], part: str | None = None) -> pd.DataFrame:
    """The predictions of several folds together, with a column `fold` where the folders are numbered.

    Args:
        folds: one or more, each finished.
        part: see `RunFolder.predictions`; by default the part on which the first fold is measured.

    Raises:
        RunError: a fold has no predictions of the part.
    """
    tables, folds = [], tuple(folds)
    part = part or next(iter(folds[0].parts()), None)
    for fold in folds:
        table = fold.predictions(part)
        tables.append(table if fold.number is None else table.assign(fold=fold.number))
    return pd.concat(tables, ignore_index=True)
