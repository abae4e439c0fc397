"""Plan a training run before any clip is read: settings, folds, folder."""

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import FOLDS
from emo_utils.hashing import sha256_of_json
from emo_utils.run_folder import RunFolder
from emo_utils.settings import load_settings
from emo_utils.structures import InputSpec
from emo_utils.training.experiment import Experiment
from emo_utils.training.recipes import DEFAULT_BACKBONE, RECIPES
from emo_utils.workflows.sources import Data

SHORTEST_WARMUP = 5
"""The warm-up is at most 1/5 of the epochs."""


def experiment_for(
    corpus: str, outline: tuple[dict, InputSpec], settings: dict, protocol: str, folds: int | None, seed: int
) -> Experiment:
    """The settings of a run: those given, then those of the representation's recipe, then the defaults of `Experiment`.

    Args:
        corpus: its name.
        outline: the result of `sources.outline`.
        settings: values of `Experiment`; None means absent.
        protocol: of the split.
        folds: of the split.
        seed: of the split and of the run.
    """
    representation, input_spec = outline
    name = representation["name"]
    over_frames = representation.get("encoders") or (name == "features" and representation.get("frames"))
    recipe = RECIPES["embeddings" if over_frames else name]
    values = {"backbone": DEFAULT_BACKBONE[name], **recipe}
    values |= {key: value for key, value in settings.items() if value is not None}
    whole = Experiment.__dataclass_fields__
    epochs, warmup = (values.get(key, whole[key].default) for key in ("epochs", "warmup_epochs"))
    values["warmup_epochs"] = min(warmup, epochs / SHORTEST_WARMUP)
    fixed = {"corpus": corpus, "representation": representation, "input_spec": input_spec}
    return Experiment(**fixed, protocol=protocol, folds=folds, seed=seed, **values)


def default_folder(data: Data, experiment: Experiment) -> RunFolder:
    """The default folder of a run: `<EMO_DATA_DIR>/runs/<corpus>/<settings>`.

    Options of the corpus that select clips change the folder too.
    """
    chosen = {key: value for key, value in data.corpus_options.items() if value is not None and key != "root"}
    mark = f"-{sha256_of_json(chosen, default=str)[:6]}" if chosen else ""
    return RunFolder(load_settings().data_dir / "runs" / data.corpus / f"{experiment.name}{mark}")


def planned_folds(corpus: str, protocol: str, folds: int | None = None) -> range:
    """Numbers of the folds that `datasets.splits.make_folds` makes of a registered corpus."""
    published = len(corpora.get(corpus).facts.person_folds) if protocol == "subject" else 0
    return range(1 if protocol == "official" else folds or published or FOLDS)
