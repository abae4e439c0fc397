"""Analyse a clip while every thread's stack is looked at every few milliseconds; prints seconds by stage as JSON.

A thread counts for the stage of the innermost module that is listed in `STAGES`; a thread that waits for another one
does not count. Threads that libraries start themselves are not seen, their callers are.
"""

import json
import sys
import threading
import time
from collections import Counter
from contextlib import suppress

STAGES = (
    ("emo_utils.video_writer", "encode video"),
    ("emo_utils.video", "decode"),
    ("emo_utils.faces.detector", "detect faces"),
    ("emo_utils.faces.crops", "cut crops"),
    ("emo_utils.faces", "track, identify"),
    ("emo_utils.inference.engines", "network"),
    ("emo_utils.inference.observe", "track, identify"),
    ("emo_utils.inference", "timeline"),
    ("emo_utils.motion", "motion, segments"),
    ("emo_utils.reports.clips.annotate", "draw on frames"),
    ("emo_utils.reports", "charts, report, tables"),
    ("importlib", "import"),
    ("emo_utils", "other"),
)
WAITING = ("threading", "queue", "selectors", "concurrent.futures")
EVERY_S = 0.004


def stage_of(frame) -> str | None:
    """The stage of a thread's innermost frame; None while it waits."""
    if frame.f_globals.get("__name__", "").startswith(WAITING):
        return None
    while frame:
        module = frame.f_globals.get("__name__", "")
        for prefix, stage in STAGES:
            if module.startswith(prefix):
                return stage
        frame = frame.f_back
    return None


def sample(counts: Counter, done: threading.Event) -> None:
    own, before = threading.get_ident(), time.perf_counter()
    while not done.wait(EVERY_S):
        now = time.perf_counter()
        for thread, frame in sys._current_frames().items():
            if thread != own and (stage := stage_of(frame)):
                counts[stage] += now - before
        before = now


def main() -> None:
    """The command as a user gives it, in this process."""
    counts: Counter = Counter()
    done = threading.Event()
    sampler = threading.Thread(target=sample, args=(counts, done), daemon=True)
    sampler.start()
    from emo_utils.apps.cli import main as main_of_emo

    sys.argv = ["emo", *sys.argv[1:]]
    with suppress(SystemExit):  # of a command that has ended well too
        main_of_emo()
    done.set()
    sampler.join()
    print("\n" + json.dumps(counts))


if __name__ == "__main__":
    main()
