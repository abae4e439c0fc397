"""The peer `fer` on the same clips, in turn."""

import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

from children import SCRIPTS, analyze, run_child
from clips import count_frames, one_frame
from registered import Bench, part
from rows import Goal, Row
from turns import each, in_turn

from emo_utils.settings import load_settings

REQUIREMENTS = ("fer==25.10.3", "setuptools<80", "opencv-contrib-python<5", "tensorflow-cpu", "av")
HAAR_GOAL = Goal(12.0, at_least=True)


@part
def fer(bench: Bench) -> Iterator[Row]:
    """Start-up taken off from both. Haar finds faces in `fer`'s usual way; MTCNN is its slower, better detector."""
    try:
        python = _installed(load_settings().data_dir / "benchmarks" / "fer-25.10.3")
    except subprocess.CalledProcessError as error:
        yield Row("fer", "emo over fer with Haar", None, "times", goal=HAAR_GOAL, note=f"not installed: {error}")
        return
    base = bench.base
    start, out, frames = one_frame(base, bench.folder), bench.folder / "fer", count_frames(base)
    cases = {
        "fer start": lambda: _fer(python, start, "haar").wall_s,
        "fer": lambda: _fer(python, base, "haar").wall_s,
        "emo start": lambda: analyze(start, out / "start", "timeline").wall_s,
        "emo": lambda: analyze(base, out / "whole", "timeline").wall_s,
    }
    seconds = in_turn(cases, bench.repeats)
    net = {
        name: each(lambda whole, begin: 1000 * (whole - begin) / frames, seconds[name], seconds[f"{name} start"])
        for name in ("fer", "emo")
    }
    where = f"{base.stem}, {frames} frames"
    yield Row.of("fer", "fer 25.10.3 with Haar", net["fer"], "ms a frame", note=where)
    yield Row.of("fer", "emo, timeline only", net["emo"], "ms a frame", note=where)
    yield Row.of("fer", "emo faster than fer with Haar", each(lambda a, b: a / b, *net.values()), "times", HAAR_GOAL)
    mtcnn = _fer(python, start, "mtcnn", check=False)
    said = f"ended with signal {-mtcnn.code}" if mtcnn.code < 0 else f"ended with {mtcnn.code}"
    if mtcnn.code:
        yield Row("fer", "fer 25.10.3 with MTCNN", None, "ms a frame", note=f"{said} on the shortest clip")
        return
    whole = _fer(python, base, "mtcnn").wall_s
    yield Row("fer", "fer 25.10.3 with MTCNN", 1000 * (whole - mtcnn.wall_s) / frames, "ms a frame", note=where)


def _fer(python: Path, clip: Path, detector: str, check: bool = True):
    return run_child([python, SCRIPTS / "fer_loop.py", clip, detector], check)


def _installed(folder: Path) -> Path:
    """The interpreter of an environment that holds `fer`; made the first time."""
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not (folder / "installed").exists():
        print(f"installing {', '.join(REQUIREMENTS)} into {folder} ...", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True)
        (folder / "installed").touch()
    return python
