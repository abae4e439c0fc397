"""`emo evaluate`: the figures of weights, or of predictions."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import Json, print_json


def evaluate(
    weights: Annotated[str, typer.Argument(help="Shipped name, .onnx file, or a training run's folder.")],
    corpus: Annotated[str, typer.Argument(help="Corpus, such as ferplus.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    predictions: Annotated[Path | None, typer.Option(help="Also write predictions.csv here.")] = None,
    as_json: Json = False,
) -> None:
    """Measure weights on a split of a corpus.

    Example: emo evaluate ferplus ferplus --split test --json
    """
    from emo_utils.training.evaluate import evaluate_weights

    report = evaluate_weights(weights, corpus, split, predictions)
    if as_json:
        print_json(report)
        return
    low, high = report["accuracy_interval_95"]
    typer.echo(f"{weights} on {corpus}/{split}: n = {report['n']}")
    typer.echo(f"  accuracy {report['accuracy']:.4f}  (95 % interval {low:.4f} to {high:.4f})")
    typer.echo(f"  UAR {report['uar']:.4f}  macro-F1 {report['macro_f1']:.4f}  ECE {report['ece']:.4f}")
    for name, recall in report["recall"].items():
        typer.echo(f"  recall of {name:<10} {recall:.3f}  (n = {report['support'][name]})")
