"""`emo prepare`: make training samples of clips."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import SOME_FAILED, Json, print_json


def prepare(
    corpus: Annotated[str, typer.Argument(help="Corpus of clips, such as sample.")],
    representation: Annotated[str, typer.Option(help="stack, apex, sequence or frame.")] = "stack",
    interval: Annotated[int | None, typer.Option(help="stack: frames from one channel to the next; default 5.")] = None,
    channels: Annotated[int | None, typer.Option(help="stack: faces; default 18, 9, 5 for interval 5, 10, 15.")] = None,
    window: Annotated[int | None, typer.Option(help="stack: frames it covers; default 90.")] = None,
    frames: Annotated[int | None, typer.Option(help="sequence: frames from the start; default 60.")] = None,
    every: Annotated[
        int | None, typer.Option(help="frame, sequence: take every n-th frame of a video; default 10 and 1.")
    ] = None,
    fps: Annotated[float | None, typer.Option(help="sequence: frames a second, instead of all.")] = None,
    size: Annotated[int | None, typer.Option(help="Side of a face; default 224, sequence 64, frame 48 pixels.")] = None,
    faces: Annotated[
        str | None, typer.Option(help="frame: detect, asis (pictures are faces already), or both, as two samples.")
    ] = None,
    detector: Annotated[str | None, typer.Option(help="Face detector; none: pictures are faces already.")] = None,
    root: Annotated[Path | None, typer.Option(help="The corpus's folder; default <data>/raw/<corpus>.")] = None,
    subject: Annotated[str | None, typer.Option(help="folder: pattern whose first group is the person.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; default one per core.", min=1)] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler, such as tcp://10.0.0.5:8786.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Default <data>/prepared/<corpus>/<representation>-<hash>.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make training samples of the clips of a corpus; give the command again to continue a stopped run.

    Example: emo prepare sample --representation stack --interval 5 --channels 18
    """
    from emo_utils.workflows.prepare import prepare_corpus

    options = {"interval": interval, "channels": channels, "window": window, "frames": frames, "every": every}
    options |= {"size": size, "faces": faces, "detector": detector, "fps": fps}
    corpus_options = {"root": root, "subject": subject}
    manifest = prepare_corpus(corpus, representation, options, corpus_options, out, workers, scheduler)
    if as_json:
        failed = [{"clip_id": row.clip_id, "path": row.path, "reason": row.reason} for row in manifest.failed]
        counts = {"clips": len(manifest.rows), "ok": len(manifest.ok), "made_now": manifest.made_now}
        print_json({"folder": str(manifest.folder), **counts, "failed": failed})
    else:
        for row in manifest.failed:
            typer.echo(f"{row.clip_id}: FAILED, {row.reason}")
        done = f"{manifest.made_now} clips worked on" if manifest.made_now else "nothing to do, all was prepared before"
        typer.echo(f"{len(manifest.ok)} clips ok, {len(manifest.failed)} failed ({done})\n{manifest.folder}")
    if manifest.failed:
        raise typer.Exit(SOME_FAILED)
