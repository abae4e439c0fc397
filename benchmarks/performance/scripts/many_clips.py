"""Analyse a folder with a number of processes or on a cluster; prints the seconds of each result since the start.

many_clips.py FOLDER OUT WORKERS SCHEDULER   (SCHEDULER may be empty)
"""

import json
import sys
import time

started = time.perf_counter()
from emo_utils.inference.options import AnalysisOptions  # noqa: E402  the time of the imports counts
from emo_utils.workflows.analyze import analyze_clips  # noqa: E402

if __name__ == "__main__":
    folder, out, workers, scheduler = sys.argv[1:]
    times: list[float] = []
    analyze_clips(
        [folder],
        out,
        AnalysisOptions(identity_weights="none"),
        ["timeline", "segments"],
        workers=int(workers),
        scheduler=scheduler or None,
        progress=False,
        on_result=lambda result, so_far: times.append(time.perf_counter() - started),
    )
    print("\n" + json.dumps(times))
