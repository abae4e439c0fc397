"""From a cell of a result table to the runs behind its figure: their settings and folders, and how they are made."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial, singledispatch
from pathlib import Path

from emo_utils.datasets.corpus import FaceCorpus
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import EmoError
from emo_utils.evaluation.predictions import read_predictions, write_predictions
from emo_utils.output import write_text_whole
from emo_utils.run_folder import RunFolder
from emo_utils.settings import load_settings
from emo_utils.training.experiment import Experiment, code_commit
from emo_utils.training.recipes import RECIPES
from emo_utils.workflows.plan import default_folder, experiment_for, planned_folds
from emo_utils.workflows.prepare import index_clips
from emo_utils.workflows.sources import Data, outline
from emo_utils.workflows.tables.cell_types import Counted, How, Published, Shipped, Training

BY_PERSON = "by_person"


class NotPossibleError(EmoError):
    """A figure that no run can give; the message holds the reason."""


@dataclass(frozen=True)
class Request:
    """Changes to the cells' own settings. Each value given makes another run.

    Attributes:
        corpus: another corpus than the cell's.
        root: the corpus's folder.
        seeds: one run per seed.
        epochs, size, weights, detector: instead of the cell's; `size` is the side of a face in pixels.
        fold: only this fold.
        workers: processes that prepare clips.
    """

    corpus: str | None = None
    root: Path | None = None
    seeds: tuple[int, ...] = (0,)
    epochs: int | None = None
    size: int | None = None
    weights: str | None = None
    detector: str | None = None
    fold: int | None = None
    workers: int | None = None

    def arguments(self) -> list[str]:
        """As options of `emo tables`."""
        named = {"corpus": self.corpus, "root": self.root, "epochs": self.epochs, "size": self.size}
        named |= {"weights": self.weights, "detector": self.detector, "fold": self.fold}
        named |= {"seeds": ",".join(map(str, self.seeds)) if self.seeds != (0,) else None, "workers": self.workers}
        return [word for name, value in named.items() if value is not None for word in (f"--{name}", str(value))]


@dataclass(frozen=True)
class Plan:
    """The runs behind one figure of one seed.

    Attributes:
        folders: of the folds; each holds metrics and predictions when it is finished.
        expected: the settings of each; a folder with other settings belongs to another run.
        perform: runs the folds that are not finished.
        about: description for the progress output.
        defaults: values of settings that are not in the files of an older run.
    """

    folders: tuple[Path, ...]
    expected: tuple[dict, ...] = field(repr=False)
    perform: Callable[[], object] = field(repr=False)
    about: str = ""
    defaults: dict = field(default_factory=dict, repr=False)

    def finished(self) -> list[dict]:
        """The metrics of the finished folds."""
        pairs = zip(self.folders, self.expected, strict=True)
        metrics = (RunFolder(folder).finished(expected, self.defaults) for folder, expected in pairs)
        return [found for found in metrics if found]

    @property
    def done(self) -> bool:
        """Whether all folds are finished."""
        return len(self.finished()) == len(self.folders)


def measured_corpus(how: How, request: Request) -> str:
    """Name of the corpus that is measured; empty where none is."""
    return "" if isinstance(how, Counted) else request.corpus or how.corpus


def seeds_of(how: How, request: Request) -> tuple[int, ...]:
    """The seeds to run; one for cells that do not depend on a seed."""
    return request.seeds if isinstance(how, Training) else (0,)


@singledispatch
def plan_for(how: How, side: str, request: Request, seed: int) -> Plan:
    """The runs of one figure.

    Args:
        how: of the cell.
        side: `as_source` or `by_person`.
        request: what is changed.
        seed: of the run and of the split.

    Raises:
        NotPossibleError: no run can give this figure.
        EmoError: a value is invalid, or a file that the settings depend on is absent.
    """
    raise TypeError(f"no plan for {how!r}")


@plan_for.register
def _(how: Training, side: str, request: Request, seed: int) -> Plan:
    data, settings = _data_for(how, request), _settings_for(how, request)
    protocol, fold, folds = _split_for(how, side, request)
    numbers = planned_folds(data.corpus, protocol, folds)
    if fold is not None and fold not in numbers:
        raise EmoError(f"{data.corpus}, {protocol}: expected a fold from 0 to {numbers[-1]}, found {fold}")
    experiment = experiment_for(data.corpus, outline(data), settings, protocol, folds, seed)
    root, chosen = default_folder(data, experiment), numbers if fold is None else (fold,)
    folders = tuple(root.fold(number).path for number in chosen)
    expected = tuple(replace(experiment, fold=number).to_dict() for number in chosen)
    which = f"fold {fold} of {len(numbers)}" if fold is not None else f"{len(numbers)} folds"
    return Plan(
        folders,
        expected,
        partial(_train, data, settings, protocol, fold, folds, seed),
        f"{data.corpus}, {protocol}, {which}, seed {seed}",
        Experiment.defaults(),
    )


def _train(data: Data, settings: dict, *arguments) -> None:
    from emo_utils.workflows.train import train  # needs torch

    train(data, settings, *arguments)


def _data_for(how: Training, request: Request) -> Data:
    corpus = request.corpus or how.corpus
    facts, still = corpora.get(corpus).facts, issubclass(corpora.get(corpus), FaceCorpus)
    own = how.corpus_options if corpus == how.corpus else {}
    if how.representation == "features":
        if corpus != how.corpus:
            raise NotPossibleError(f"these are numbers of {corpora.get(how.corpus).facts.title} alone")
        return Data(corpus, "features", features=features_folder(how, request) / how.features)
    if still and how.representation not in ("apex", "frame"):
        raise NotPossibleError(f"{facts.title} holds still faces, and this network reads time")
    if not still and how.representation == "frame":
        raise NotPossibleError(f"{facts.title} holds clips, not still faces")
    changed = {"size": request.size} | ({} if still else {"detector": request.detector})
    options = {**({} if still else how.options), **{key: value for key, value in changed.items() if value is not None}}
    representation = "frame" if still else how.representation
    own_options = {"root": request.root, **own}
    return Data(corpus, representation, options, own_options, workers=request.workers, encoders=how.encoders)


def features_folder(how: Training | Published, request: Request) -> Path:
    """Folder of a corpus's tables: `--root`, else that of the settings, where RAVDESS has a key of its own."""
    settings = load_settings()
    folders = {"ravdess": settings.ravdess_au}
    return request.root or folders.get(how.corpus, settings.data_dir / "raw" / f"{how.corpus}_au")


def _settings_for(how: Training, request: Request) -> dict:
    if how.representation == "features":
        return dict(how.settings)
    changed = {"epochs": request.epochs, "weights": request.weights}
    return {**how.settings, **{key: value for key, value in changed.items() if value is not None}}


def _split_for(how: Training, side: str, request: Request) -> tuple[str, int | None, int | None]:
    """Protocol, fold (None: all), number of folds (None: the number used in the literature)."""
    corpus = request.corpus or how.corpus
    facts, own = corpora.get(corpus).facts, corpus == how.corpus
    if side == BY_PERSON:
        _refuse_unknown_people(facts)
        return "subject", request.fold, how.people_folds if own else None
    protocol = how.protocol if own else "official" if facts.official_part else "random"
    fold = request.fold if request.fold is not None else how.fold
    return protocol, None if protocol == "official" else fold, None


def _refuse_unknown_people(facts: Facts) -> None:
    if not facts.people_known:
        raise NotPossibleError(f"{facts.title} does not tell who is in its clips")


@plan_for.register
def _(how: Shipped, side: str, request: Request, seed: int) -> Plan:
    from emo_utils.inference.weights import find_weights

    if request.corpus not in (None, how.corpus) or request.root:
        raise NotPossibleError(f"these weights are measured on {how.corpus} as the settings tell where it is")
    if side == BY_PERSON:
        _refuse_unknown_people(corpora.get(how.corpus).facts)
    sidecar = find_weights(how.weights).sidecar
    settings = {"weights": how.weights, "sha256": sidecar["sha256"], "corpus": how.corpus}
    folder = load_settings().data_dir / "runs" / how.corpus / f"shipped-{how.weights}-{sidecar['sha256'][:8]}"
    measuring = partial(_measure_shipped, how, folder, settings, sidecar["trained_at_commit"])
    return Plan((folder,), (settings,), measuring, "test")


def _measure_shipped(how: Shipped, folder: Path, settings: dict, commit: str) -> None:
    from emo_utils.evaluation.evaluate import evaluate_weights

    folder.mkdir(parents=True, exist_ok=True)
    evaluate_weights(how.weights, how.corpus, "test", RunFolder(folder).predictions_file("test"))
    write_metrics(folder, {"experiment": settings, "commit": commit})


def write_metrics(folder: Path, metrics: dict) -> None:
    """Write the metrics of a run that no training made."""
    write_text_whole(RunFolder(folder).metrics_file, json.dumps(metrics, indent=1) + "\n")


@plan_for.register
def _(how: Published, side: str, request: Request, seed: int) -> Plan:
    if request.corpus not in (None, how.corpus):
        raise NotPossibleError(f"these are predictions of {corpora.get(how.corpus).facts.title} alone")
    if side != BY_PERSON:
        raise NotPossibleError("published for folds by person alone")
    settings = {"published": how.file}
    folder = load_settings().data_dir / "runs" / how.corpus / f"published-{Path(how.file).stem}"
    file = features_folder(how, request) / how.file
    taking = partial(_take_published, how.corpus, file, how.people, folder, settings)
    return Plan((folder,), (settings,), taking, how.file)


def _take_published(corpus: str, file: Path, people: str, folder: Path, settings: dict) -> None:
    table = read_predictions(file, people)
    clips = [corpora.get(corpus).clip_named(clip_id) for clip_id in table["clip_id"]]
    if None not in clips:  # the corpus's own ids of people, so that runs can be compared
        table["subject_id"] = [clip.subject_id for clip in clips]
    folder.mkdir(parents=True, exist_ok=True)
    write_predictions(table, RunFolder(folder).predictions_file("test"))
    write_metrics(folder, {"experiment": settings, "commit": code_commit()})


@plan_for.register
def _(how: Counted, side: str, request: Request, seed: int) -> Plan:
    settings = {"backbone": how.backbone, "channels": how.channels, "classes": how.classes}
    name = f"{how.backbone}-{how.channels}-{how.classes}"
    folder = load_settings().data_dir / "runs" / "parameters" / name
    return Plan((folder,), (settings,), partial(_count, how, folder, settings), "counting")


def _count(how: Counted, folder: Path, settings: dict) -> None:
    from emo_utils.models import count_parameters, create_model

    count = count_parameters(create_model(how.backbone, how.channels, how.classes, "random"))
    folder.mkdir(parents=True, exist_ok=True)
    write_metrics(folder, {"experiment": settings, "commit": code_commit(), "parameters": count})


def missing(how: How, request: Request) -> str:
    """Data that a run needs and this machine lacks; empty if all is there or can be made."""
    if isinstance(how, Counted):
        return ""
    if file := getattr(how, "features", None) or getattr(how, "file", None):
        return "" if (features_folder(how, request) / file).exists() else f"{file} absent"
    name = measured_corpus(how, request)
    if corpora.get(name).facts.synthetic:
        return ""
    own = how.corpus_options if isinstance(how, Training) and name == how.corpus else {}
    options = {"root": request.root, **own}
    try:
        root = corpora.create(name, **{key: value for key, value in options.items() if value is not None}).root
        if not root.exists() or (root.is_dir() and not any(root.iterdir())):
            return "corpus absent"
        index_clips(name, options)
    except (EmoError, TypeError) as error:
        return f"corpus cannot be read ({error})"
    return ""


def changes(how: How, request: Request) -> str:
    """Differences from the cell's settings, as text; empty without any."""
    if not isinstance(how, Training) or how.representation == "features":
        return ""
    default = Experiment.__dataclass_fields__["epochs"].default
    epochs = how.settings.get("epochs") or RECIPES[how.representation].get("epochs", default)
    own = {"corpus": how.corpus, "epochs": epochs, "weights": how.settings.get("weights")}
    own |= {"size": how.options.get("size"), "detector": how.options.get("detector")}
    found = []
    for name, usual in own.items():
        given = getattr(request, name)
        if given is not None and given != usual:
            found.append(f"{name} {given}" + (f" instead of {usual}" if usual is not None else ""))
    if request.fold is not None:
        found.append(f"fold {request.fold} alone")
    return ", ".join(found)
