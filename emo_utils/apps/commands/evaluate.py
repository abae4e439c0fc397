"""`emo evaluate`: the figures of weights on a corpus, or of a table of predictions."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.figures_text import print_comparison, print_report
from emo_utils.apps.commands.shared import SOME_FAILED, Json, print_json
from emo_utils.errors import EmoError

FOLDER = "folder"
"""Name of the corpus for a folder of the user."""


def evaluate(
    weights: Annotated[str | None, typer.Argument(help="Shipped name, .onnx file, or a run's folder.")] = None,
    corpus: Annotated[
        str | None, typer.Argument(help="ferplus, a corpus of clips, folder with --root, or none: a run's own.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="train, validation or test.", show_default="test")] = None,
    root: Annotated[Path | None, typer.Option(help="The corpus's files; of folder: DIR/<emotion>/...")] = None,
    faces: Annotated[
        str | None,
        typer.Option(
            help="detect finds the face in a picture, asis takes it whole, both means these two readings.",
            show_default="detect for folder, elsewhere as the weights were calibrated",
        ),
    ] = None,
    detector: Annotated[str | None, typer.Option(help="Face detector.", show_default="mediapipe")] = None,
    subject: Annotated[
        str | None, typer.Option(help="folder: pattern in a file's path whose first group is the person.")
    ] = None,
    prior: Annotated[
        str | None,
        typer.Option(
            help="ferplus (as trained) or uniform; default as trained on ferplus, elsewhere the weights' own."
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            help="ferplus: how ten votes become a label. plurality: most votes; majority: more than half once single "
            "votes are dropped, as published accuracies have it.",
            show_default="plurality",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(help="Measure once more with this taken off: people (each person's own) or collection (all)."),
    ] = None,
    features: Annotated[
        Path | None, typer.Option(help="A run on features: the table of CORPUS, as the training table was made.")
    ] = None,
    save_predictions: Annotated[Path | None, typer.Option(help="Also write predictions.csv here.")] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="Measure this CSV: clip, true class, and numbers per class.")
    ] = None,
    people: Annotated[
        str | None, typer.Option(help="Pattern that finds the person in a clip's id, as its first group.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Predictions of other clips, to fit the temperature on.")
    ] = None,
    against: Annotated[Path | None, typer.Option(help="Predictions of the same clips to compare with.")] = None,
    as_json: Json = False,
) -> None:
    r"""Measure weights on a split of a corpus, or predictions, ours or made elsewhere.

    CORPUS folder reads any pictures (and clips) in folders named after emotions.
    Files in which no face is found, or that cannot be read, are named; "all files" counts them as wrong.
    Each file counts as a person of its own unless --subject tells people apart.
    Exit code 3: some files cannot be read.

    RUN alone, the folder that emo train prints, measures what the run predicted on its own corpus.
    On another corpus the network of its first finished fold is used; RUN/fold_<k> chooses one.

    Columns of predictions: a clip id, the true class, and p_<class>, prob_<class>, logit_<class> or <class>.

    Example: emo evaluate ferplus ferplus --split test --rule majority --json

    Example: emo evaluate ferplus folder --root pictures --faces detect

    Example: emo evaluate ferplus javanese --baseline people

    Example: emo evaluate data/runs/sample/some_run

    Example: emo evaluate --predictions run.csv --people '(\d\d)$' --against other.csv
    """
    only_table = {"--people": people, "--validation": validation, "--against": against}
    only_folder, only_clips = {"--subject": subject}, {"--baseline": baseline}
    only_corpus = {"--split": split, "--rule": rule}
    input_options = {"--root": root, "--prior": prior, "--faces": faces, "--detector": detector}
    only_weights = {"WEIGHTS": weights, "CORPUS": corpus, "--save-predictions": save_predictions}
    if predictions:
        not_of_tables = only_weights | only_corpus | input_options | only_folder | only_clips | {"--features": features}
        _refuse(not_of_tables, "--predictions FILE measures a table alone")
        report = _measure_table(predictions, people, validation, against)
        title = str(predictions)
    else:
        _refuse(only_table, "WEIGHTS CORPUS measures weights")
        _refuse_half(weights, corpus)
        if corpus is None:
            given = only_folder | only_clips | input_options | {"--rule": rule, "--save-predictions": save_predictions}
            _refuse(given, "a run's own predictions are measured as they stand")
            report = _measure_run(weights, None, split)
            title = f"{weights} on {report['corpus']}/{report['split']}"
        elif features:
            given = only_folder | only_clips | only_corpus | input_options
            _refuse(given, "a table of features is measured as it stands")
            report = _measure_features(weights, corpus, features, save_predictions)
            title = f"{weights} on {features}"
        elif corpus == FOLDER:
            _refuse(only_corpus, "a folder has no splits, and its folders are the labels")
            report = _measure_folder(weights, only_folder | input_options | only_clips, save_predictions)
            title = f"{weights} on {report['root']}"
        elif _holds_clips(weights, corpus):
            _refuse(only_folder, f"{corpus} names its people itself")
            _refuse(only_corpus | {"--faces": faces}, f"all clips of {corpus} are read, and their faces are found")
            report = _measure_clips(weights, corpus, only_clips | input_options, save_predictions)
            title = f"{weights} on {corpus}"
        else:
            _refuse(only_folder, f"{corpus} names its people itself")
            _refuse(only_clips, f"{corpus} holds faces of people that it does not name")
            report = _measure_weights(
                weights, corpus, split or "test", save_predictions, input_options | {"--rule": rule}
            )
            title = f"{weights} on {corpus}/{split or 'test'}"
    if as_json:
        print_json(report)
    else:
        print_report(title, report)
        if against:
            print_comparison(str(against), report["comparison"])
    if report.get("unreadable"):
        raise typer.Exit(SOME_FAILED)


def _refuse(options: dict, why: str) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise EmoError(
            f"{why}, and {', '.join(given)} belong{'s' * (len(given) == 1)} to another form. Give WEIGHTS CORPUS "
            "[--split, --rule, --root, --faces, --detector, --prior, --save-predictions], or WEIGHTS folder [the same "
            "but --split and --rule, and --subject, --baseline], or WEIGHTS and a corpus of clips [--root, --detector, "
            "--prior, --baseline, --save-predictions], or a run on features, CORPUS and --features FILE, "
            "or --predictions FILE [--people, --validation, --against]"
        )


def _refuse_half(weights: str | None, corpus: str | None) -> None:
    from emo_utils.inference.weights import is_run

    if weights is None or (corpus is None and not is_run(weights)):
        raise EmoError(
            f"expected WEIGHTS and CORPUS, a run's folder, or --predictions FILE; found {weights or 'neither'}. For "
            "example: emo evaluate ferplus ferplus, or emo evaluate --predictions predictions.csv"
        )


def _measure_features(weights: str, corpus: str, features: Path, save_predictions: Path | None) -> dict:
    from emo_utils.evaluation.evaluate_features import evaluate_features

    return evaluate_features(weights, corpus, features, save_predictions)


def _measure_folder(weights: str, given: dict, save_predictions: Path | None) -> dict:
    from emo_utils.evaluation.evaluate_folder import FolderOptions, evaluate_folder

    return evaluate_folder(weights, FolderOptions(**_named(given)), save_predictions)


def _holds_clips(weights: str, corpus: str) -> bool:
    """Whether clips are analysed: the corpus holds clips, and the run has no predictions of it."""
    from emo_utils.datasets.corpus import FaceCorpus
    from emo_utils.datasets.registry import corpora

    return not issubclass(corpora.get(corpus), FaceCorpus) and not _own_predictions(weights, corpus)


def _own_predictions(weights: str, corpus: str) -> bool:
    """Whether the stored predictions of a run are measured: its folder and its training corpus are given."""
    from emo_utils.datasets.corpus import FaceCorpus
    from emo_utils.datasets.registry import corpora
    from emo_utils.inference.weights import is_run
    from emo_utils.run_folder import RunFolder

    if not is_run(weights):
        return False
    run = RunFolder(weights)
    still = issubclass(corpora.get(corpus), FaceCorpus)
    return run.experiment().get("corpus") == corpus and not (still and run.weights_file.exists())


def _measure_clips(weights: str, corpus: str, given: dict, save_predictions: Path | None) -> dict:
    from emo_utils.evaluation.evaluate_clips import evaluate_clips

    return evaluate_clips(weights, corpus, **_named(given | {"--faces": None}), predictions=save_predictions)


def _measure_weights(weights: str, corpus: str, split: str, save_predictions: Path | None, given: dict) -> dict:
    from emo_utils.evaluation.evaluate import evaluate_weights

    if _own_predictions(weights, corpus):
        refused = given | {"--save-predictions": save_predictions}
        _refuse(refused, "a run's own predictions are measured as they stand")
        return _measure_run(weights, corpus, split)
    return evaluate_weights(weights, corpus, split, save_predictions, **_named(given))


def _measure_run(folder: str, corpus: str | None, split: str | None) -> dict:
    from emo_utils.evaluation.evaluate import evaluate_run

    return evaluate_run(Path(folder), corpus, split)


def _named(given: dict) -> dict:
    """The given options as arguments."""
    if given["--faces"] == "asis":
        _refuse({"--detector": given["--detector"]}, "--faces asis looks for no face")
    return {name.removeprefix("--"): value for name, value in given.items() if value is not None}


def _measure_table(predictions: Path, people: str | None, validation: Path | None, against: Path | None) -> dict:
    from emo_utils.evaluation.compare import compare
    from emo_utils.evaluation.coverage import table_coverage
    from emo_utils.evaluation.measure import measure
    from emo_utils.evaluation.predictions import read_predictions

    table = read_predictions(predictions, people)
    held_out = read_predictions(validation, people) if validation else None
    report = {"predictions": str(predictions)} | measure(table, validation=held_out) | table_coverage(table)
    if against:
        report |= {"against": str(against), "comparison": compare(table, read_predictions(against, people))}
    return report
