"""The command line: `emo`. Heavy imports are inside the commands, so that help comes at once."""

import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from emo_utils.errors import EmoError

DONE, BUG, WRONG_REQUEST, SOME_FAILED = 0, 1, 2, 3

app = typer.Typer(
    help="Read facial expressions from video. An expression is what a face shows, not what a person feels.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


@app.command()
def analyze(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Video files, or folders of them.")],
    out: Annotated[Path, typer.Option(help="Folder for the results; several clips get one folder each.")],
    weights: Annotated[str, typer.Option(help="Shipped name, .onnx file, or a training run's folder.")] = "ferplus",
    detector: Annotated[str, typer.Option(help="Face detector.")] = "mediapipe",
    detect_every: Annotated[
        int | None, typer.Option(help="Detect in every n-th frame; tracks fill in between. Default: every 0.2 s.")
    ] = None,
    sample_fps: Annotated[float | None, typer.Option(help="Read this many frames a second; default all.")] = None,
    smoothing: Annotated[str, typer.Option(help="exponential, majority, viterbi or none.")] = "exponential",
    smoothing_s: Annotated[float, typer.Option(help="Time constant or window of the smoothing, in seconds.")] = 0.25,
    annotated: Annotated[bool, typer.Option(help="Write annotated.mp4.")] = True,
    charts: Annotated[bool, typer.Option(help="Write charts/.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that are there already.")] = False,
    as_json: Json = False,
) -> None:
    """Read clips: timeline, summary, charts and an annotated video for each.

    Example: emo analyze holiday.mp4 --out results
    """
    from emo_utils.apps.analyze import ReportOptions, analyze_clips
    from emo_utils.inference.analyzer import AnalysisOptions

    options = AnalysisOptions(weights, detector, detect_every, sample_fps, smoothing, smoothing_s)
    results = analyze_clips(clips, out, options, ReportOptions(annotated, charts), overwrite=overwrite)
    if as_json:
        _print_json(
            [
                {"clip": str(r.clip), "status": r.status, "reason": r.reason, "folder": str(r.folder), **r.summary}
                for r in results
            ]
        )
    else:
        for result in results:
            _print_result(result)
    if any(result.status != "ok" for result in results):
        raise typer.Exit(SOME_FAILED)


def _print_result(result) -> None:
    if result.status != "ok":
        typer.echo(f"{result.clip.name}: FAILED, {result.reason}")
        return
    typer.echo(f"{result.clip.name}: {result.timeline!r} in {result.seconds:.1f} s")
    for person in result.summary["people"]:
        shares = sorted(person["share_of_time"].items(), key=lambda item: -item[1])
        shown = ", ".join(f"{name} {share:.0%}" for name, share in shares if share >= 0.01)
        typer.echo(f"  person {person['person_id']}: {shown}")
    for path in sorted(result.folder.rglob("*")):
        if path.is_file():
            typer.echo(f"  {path}")


@app.command()
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
        _print_json(report)
        return
    low, high = report["accuracy_interval_95"]
    typer.echo(f"{weights} on {corpus}/{split}: n = {report['n']}")
    typer.echo(f"  accuracy {report['accuracy']:.4f}  (95 % interval {low:.4f} to {high:.4f})")
    typer.echo(f"  UAR {report['uar']:.4f}  macro-F1 {report['macro_f1']:.4f}  ECE {report['ece']:.4f}")
    for name, recall in report["recall"].items():
        typer.echo(f"  recall of {name:<10} {recall:.3f}  (n = {report['support'][name]})")


@app.command()
def train(
    corpus: Annotated[str, typer.Argument(help="Corpus, such as ferplus.")],
    backbone: Annotated[str, typer.Option(help="Network.")] = "face_net",
    epochs: Annotated[int, typer.Option(help="Times each training face is seen.")] = 60,
    batch_size: Annotated[int, typer.Option(help="Faces a step.")] = 128,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Start of every random number.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; default <data>/runs/<corpus>-<backbone>-s<seed>.")
    ] = None,
) -> None:
    """Train a network; a stopped run goes on where it was when the command is given again.

    Example: emo train ferplus --epochs 60 --out data/runs/ferplus
    """
    from emo_utils.settings import load_settings
    from emo_utils.training.experiment import Experiment
    from emo_utils.training.run import train_and_export

    experiment = Experiment(corpus, backbone, seed, epochs, batch_size, learning_rate)
    folder = out or load_settings().data_dir / "runs" / f"{corpus}-{backbone}-s{seed}"
    weights = train_and_export(experiment, folder)
    typer.echo(f"{weights}\n{folder / 'metrics.json'}")


@app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: list what there is.")] = None,
) -> None:
    """Fetch corpora and model files, with progress and hash.

    Example: emo fetch face_detection_short_range
    """
    from emo_utils.apps.fetch import fetch_one, fetchable

    for name in names or ():
        typer.echo(fetch_one(name))
    if not names:
        for name, state, licence in fetchable():
            typer.echo(f"{name:<28} {state:<12} {licence}")


@app.command()
def prepare(
    corpus: Annotated[str, typer.Argument(help="Corpus of clips, such as sample.")],
    representation: Annotated[str, typer.Option(help="stack, apex or sequence.")] = "stack",
    interval: Annotated[int | None, typer.Option(help="stack: frames from one channel to the next; default 5.")] = None,
    channels: Annotated[int | None, typer.Option(help="stack: faces; default 18, 9, 5 for interval 5, 10, 15.")] = None,
    window: Annotated[int | None, typer.Option(help="stack: frames it covers; default 90.")] = None,
    frames: Annotated[int | None, typer.Option(help="sequence: frames from the start; default 60.")] = None,
    size: Annotated[int | None, typer.Option(help="Side of a face in pixels; default 224, sequence 64.")] = None,
    detector: Annotated[str | None, typer.Option(help="Face detector; none: pictures are faces already.")] = None,
    root: Annotated[Path | None, typer.Option(help="The corpus's folder; default <data>/raw/<corpus>.")] = None,
    subject: Annotated[str | None, typer.Option(help="folder: pattern whose first group is the person.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; default one per core.", min=1)] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler, such as tcp://10.0.0.5:8786.")] = None,
    out: Annotated[Path | None, typer.Option(help="Default <data>/prepared/<corpus>/<representation>-<hash>.")] = None,
    as_json: Json = False,
) -> None:
    """Make training samples of a corpus's clips; a stopped run goes on where it was when the command is given again.

    Example: emo prepare sample --representation stack --interval 5 --channels 18
    """
    from emo_utils.apps.prepare import prepare_corpus

    options = {"interval": interval, "channels": channels, "window": window, "frames": frames}
    options |= {"size": size, "detector": detector}
    corpus_options = {"root": root, "subject": subject}
    manifest = prepare_corpus(corpus, representation, options, corpus_options, out, workers, scheduler)
    if as_json:
        failed = [{"clip_id": row.clip_id, "path": row.path, "reason": row.reason} for row in manifest.failed]
        counts = {"clips": len(manifest.rows), "ok": len(manifest.ok), "made_now": manifest.made_now}
        _print_json({"folder": str(manifest.folder), **counts, "failed": failed})
    else:
        for row in manifest.failed:
            typer.echo(f"{row.clip_id}: FAILED, {row.reason}")
        done = f"{manifest.made_now} clips worked on" if manifest.made_now else "nothing to do, all was prepared before"
        typer.echo(f"{len(manifest.ok)} clips ok, {len(manifest.failed)} failed ({done})\n{manifest.folder}")
    if manifest.failed:
        raise typer.Exit(SOME_FAILED)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check the installation: packages, the one cv2, model files, weights, a clip written and read.

    Example: emo doctor
    """
    from emo_utils.apps.doctor import run_checks

    checks = run_checks()
    if as_json:
        _print_json([vars(check) for check in checks])
    else:
        for check in checks:
            typer.echo(f"{check.state:<8} {check.name:<22} {check.finding}")
    if any(check.state == "FAILED" for check in checks):
        raise typer.Exit(WRONG_REQUEST)


@app.command()
def demo(out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("output/demo")) -> None:
    """Make the synthetic sample clip and read it.

    Example: emo demo --out output/demo
    """
    from emo_utils.apps.demo import run_demo

    for result in run_demo(out):
        _print_result(result)


def _print_json(value) -> None:
    typer.echo(json.dumps(value, indent=1))


def main() -> None:
    """Entry point: errors of the input or the request end with code 2 and one line."""
    os.environ.setdefault("MPLBACKEND", "agg")  # charts go to files; no window, no display needed
    console = logging.StreamHandler()  # warnings and errors only; a clip's own log holds the rest
    console.setLevel(logging.WARNING)
    logging.basicConfig(format="%(levelname)s: %(message)s", handlers=[console])
    try:
        app()
    except EmoError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(WRONG_REQUEST)
    except KeyboardInterrupt:
        typer.echo("stopped; nothing half written was kept", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
