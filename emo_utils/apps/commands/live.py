"""`emo live`: a camera, or a file in real time, in a window or into a folder."""

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import Json, print_json
from emo_utils.errors import EmoError
from emo_utils.stopping import signals_held

TITLE = "emo live: q ends, r measures the rest face"


def live(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Index of a camera, or a video file.")] = "0",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for timeline.csv and annotated.mp4; no window then.")
    ] = None,
    window: Annotated[bool | None, typer.Option(help="Show a window. Default: unless --out is given.")] = None,
    seconds: Annotated[float | None, typer.Option(help="End after this time.")] = None,
    rest: Annotated[
        bool, typer.Option("--rest", help="Take each face of the first ten seconds for the person's rest face.")
    ] = False,
    weights: Annotated[
        str, typer.Option(help="Shipped name, .onnx file, or a training run's folder.")
    ] = "ferplus-int8",
    detector: Annotated[str, typer.Option(help="Face detector.")] = "mediapipe",
    smoothing_s: Annotated[float, typer.Option(help="Time constant of the smoothing, in seconds.")] = 0.25,
    as_json: Json = False,
) -> None:
    """Read a camera live, or a file as if it were one: frames that come too fast are dropped and counted.

    A row depends only on its own and earlier frames, so it differs a little from that of emo analyze.

    Example: emo live 0
    """
    shown = out is None if window is None else window
    if shown:
        _check_display()
    with signals_held():
        from emo_utils.inference.live import RestBaseline
        from emo_utils.workflows.analyzer import Analyzer
        from emo_utils.workflows.live import watch

        analyzer = Analyzer(
            weights, detector=detector, smoothing_s=smoothing_s, segments=False, identity_weights="none"
        )
        baseline = RestBaseline(analyzer.pipeline.weights)
        if rest:
            baseline.start()
        chosen = int(source) if source.isdecimal() else Path(source)
        counts = watch(chosen, analyzer, out, _Window(baseline) if shown else None, seconds=seconds, rest=baseline)
    if as_json:
        print_json({**asdict(counts), "fps": round(counts.fps, 2)})
    else:
        typer.echo(
            f"{counts.frames} frames over {counts.last_s:.1f} s, {counts.fps:.1f} a second, {counts.dropped} dropped, "
            f"{counts.faces} faces"
        )


def _check_display() -> None:
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        raise EmoError("emo live: expected a display for its window, found none; give --out FOLDER instead")


class _Window:
    """Shows the frames in a window of OpenCV; `q` or Escape ends, `r` measures the rest face."""

    def __init__(self, baseline):
        self._baseline = baseline

    def __call__(self, shown, drawn) -> bool:
        import cv2

        picture = cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR)
        text = f"{shown.dropped} dropped"
        if shown.rest_left_s:
            text = f"rest: {shown.rest_left_s:.0f} s more"
        cv2.putText(picture, text, (12, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 2, cv2.LINE_AA)
        cv2.imshow(TITLE, picture)
        key = cv2.waitKey(1) & 0xFF
        if key == ord("r"):
            self._baseline.start()
        return key not in (ord("q"), 27) and cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) > 0
