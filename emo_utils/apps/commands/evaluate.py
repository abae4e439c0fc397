"""`emo evaluate`: the figures of weights on a corpus, or of a table of predictions."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import Json, print_json
from emo_utils.errors import EmoError


def evaluate(
    weights: Annotated[str | None, typer.Argument(help="Shipped name, .onnx file, or a run's folder.")] = None,
    corpus: Annotated[str | None, typer.Argument(help="Corpus, such as ferplus.")] = None,
    split: Annotated[str | None, typer.Option(help="train, validation or test.  [default: test]")] = None,
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

    Columns of predictions: a clip id, the true class, and p_<class>, prob_<class>, logit_<class> or <class>.

    Example: emo evaluate ferplus ferplus --split test --json

    Example: emo evaluate --predictions run.csv --people '(\d\d)$' --against other.csv
    """
    only_table = {"--people": people, "--validation": validation, "--against": against}
    only_weights = {"WEIGHTS": weights, "CORPUS": corpus, "--split": split, "--save-predictions": save_predictions}
    if predictions:
        _refuse(only_weights, "--predictions FILE measures a table alone")
        report = _measure_table(predictions, people, validation, against)
        title = str(predictions)
    else:
        _refuse(only_table, "WEIGHTS CORPUS measures weights")
        report = _measure_weights(weights, corpus, split or "test", save_predictions)
        title = f"{weights} on {corpus}/{split or 'test'}"
    if as_json:
        print_json(report)
    else:
        _print_report(title, report)
        if against:
            _print_comparison(str(against), report["comparison"])


def _refuse(options: dict, why: str) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise EmoError(
            f"{why}, and {', '.join(given)} belong{'s' * (len(given) == 1)} to the other form. Give either WEIGHTS "
            "CORPUS [--split, --save-predictions] or --predictions FILE [--people, --validation, --against]"
        )


def _measure_weights(weights: str | None, corpus: str | None, split: str, save_predictions: Path | None) -> dict:
    from emo_utils.training.evaluate import evaluate_run, evaluate_weights

    if weights is None or corpus is None:
        raise EmoError(
            f"expected WEIGHTS and CORPUS, or --predictions FILE; found {weights or 'neither'}. For example: emo "
            "evaluate ferplus ferplus, or emo evaluate --predictions predictions.csv"
        )
    if Path(weights).is_dir() and not (Path(weights) / "weights.onnx").exists():
        return evaluate_run(Path(weights), corpus, split)
    return evaluate_weights(weights, corpus, split, save_predictions)


def _measure_table(predictions: Path, people: str | None, validation: Path | None, against: Path | None) -> dict:
    from emo_utils.training.compare import compare
    from emo_utils.training.measure import measure
    from emo_utils.training.predictions import read_predictions

    table = read_predictions(predictions, people)
    held_out = read_predictions(validation, people) if validation else None
    report = {"predictions": str(predictions)} | measure(table, validation=held_out)
    if against:
        report |= {"against": str(against), "comparison": compare(table, read_predictions(against, people))}
    return report


def _print_report(title: str, report: dict) -> None:
    typer.echo(f"{title}: {report['n']} clips, {report['people']} people, {len(report['classes'])} classes\n")
    for name, key in (("accuracy", "accuracy"), ("UAR", "uar"), ("macro-F1", "macro_f1")):
        low, high = report[f"{key}_interval_95"]
        typer.echo(f"  {name:<9} {report[key]:6.1%}   95 % interval over people {low:.1%} to {high:.1%}")
    typer.echo("\n             before   after temperature scaling")
    for name, key in (("ECE", "ece"), ("NLL", "nll")):
        after = report[f"{key}_after"]
        typer.echo(f"  {name:<9} {report[key]:7.3f} {'-' if after is None else f'{after:7.3f}'}")
    temperature = report["temperature"]
    if temperature["values"]:
        typer.echo(f"  temperature {temperature['value']:.2f}, {temperature['source']}: {temperature['note']}")
    typer.echo(f"\n  {'class':<12} {'recall':>7} {'precision':>10} {'F1':>7} {'clips':>6}   most often taken for")
    for row, name in enumerate(report["classes"]):
        figures = [report[key][name] for key in ("recall", "precision", "f1")]
        counts = dict(zip(report["classes"], report["confusion"][row], strict=True))
        del counts[name]
        other = max(counts, key=counts.get)
        taken = f"{other} ({counts[other]})" if counts[other] else "-"
        line = f"  {name:<12} {figures[0]:7.1%} {figures[1]:10.1%} {figures[2]:7.1%} {report['support'][name]:6}"
        typer.echo(f"{line}   {taken}")
    _print_people(report["per_person"])


def _print_people(per_person: dict) -> None:
    if not per_person:
        return
    ranked = sorted(per_person, key=lambda person: per_person[person]["accuracy"])
    low, middle, high = (
        f"{person} {per_person[person]['accuracy']:.1%}" for person in (ranked[0], ranked[len(ranked) // 2], ranked[-1])
    )
    typer.echo(f"\n  accuracy per person: lowest {low}, middle {middle}, highest {high}")


def _print_comparison(other: str, comparison: dict) -> None:
    typer.echo(f"\nagainst {other}, on the same {comparison['n']} clips of {comparison['people']} people:")
    for name, key in (("accuracy", "accuracy"), ("UAR", "uar")):
        figure = comparison[key]
        low, high = figure["interval_95"]
        typer.echo(
            f"  {name:<9} {figure['a']:.1%} against {figure['b']:.1%}: {figure['difference']:+.1%}, 95 % interval over "
            f"people {low:+.1%} to {high:+.1%}; better in {figure['share_a_better']:.1%} of resamples; sign-flip p = "
            f"{figure['permutation_p']:.4f}"
        )
    mcnemar = comparison["mcnemar"]
    typer.echo(
        f"  right in one alone: {mcnemar['only_a']} against {mcnemar['only_b']} clips; McNemar's exact p = "
        f"{mcnemar['p']:.2g} (as if clips were independent)"
    )
