"""A stream against the analysis of the whole clip: the share of faces with the same expression, and the delay.

    python benchmarks/stream.py [CLIP ...]

Without clips: those of EMO_SHARED_DIR/clips if they are there, else the synthetic sample clip.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.inference.frame_sources import file_source
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.stream import stream

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "stream.json"
CLIPS = (
    "single_face.mp4", "two_people.gif", "expressive_d18.mp4", "expressive_d19.mp4", "expressive_d20.mp4",
    "face_noface.mov", "noface_face.mov", "WolfgangLanger_Pexels.mp4",
)  # fmt: skip
DELAYS_S = np.arange(0, 0.61, 0.02)


def chosen_clips(folder: Path) -> list[Path]:
    if len(sys.argv) > 1:
        return [Path(clip) for clip in sys.argv[1:]]
    shared = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared")) / "clips"
    if shared.is_dir():
        return [shared / name for name in CLIPS]
    from emo_utils.datasets.corpora.sample import make_sample_clip

    make_sample_clip(folder / "sample.mp4")
    return [folder / "sample.mp4"]


def compare(pipeline: Pipeline, clip: Path) -> dict:
    """One clip both ways."""
    whole, source = pipeline.run(clip).timeline.faces, file_source(clip)
    started = time.perf_counter()
    live = pd.DataFrame(stream(pipeline, source))
    took_s = time.perf_counter() - started
    frames = live["frame_index"].nunique()
    live = live[live["status"] != "no_face"]
    both = whole.merge(live, on=["frame_index", "track_id"], suffixes=("", "_live"))
    same = [later(whole, live, delay_s) for delay_s in DELAYS_S]
    return {
        "clip": clip.name,
        "faces": len(whole),
        "faces_live": len(live),
        "same_alone": int((both["emotion"] == both["emotion_live"]).sum()),
        "same_smoothed": int((both["smoothed_emotion"] == both["smoothed_emotion_live"]).sum()),
        "delay_s": round(float(DELAYS_S[int(np.argmax(same))]), 2),
        "real_time": round(frames / took_s / source.fps, 2),
    }


def later(whole: pd.DataFrame, live: pd.DataFrame, delay_s: float) -> float:
    """Share of a stream's faces with the expression that the whole clip's analysis has `delay_s` seconds earlier."""
    shares = []
    for track, rows in live.groupby("track_id"):
        known = whole[whole["track_id"] == track]
        if len(known):
            at = np.searchsorted(known["time_s"], rows["time_s"] - delay_s).clip(0, len(known) - 1)
            shares += (known["smoothed_emotion"].to_numpy()[at] == rows["smoothed_emotion"].to_numpy()).tolist()
    return float(np.mean(shares))


def main() -> None:
    """Measure, print, write."""
    pipeline = Pipeline(AnalysisOptions(segments=False, identity_weights="none"))
    with tempfile.TemporaryDirectory() as name:
        rows = pd.DataFrame([compare(pipeline, clip) for clip in chosen_clips(Path(name))])
    total = rows[["faces", "faces_live", "same_alone", "same_smoothed"]].sum()
    report = {
        "faces": int(total["faces"]),
        "same_alone": round(float(total["same_alone"] / total["faces"]), 4),
        "same_smoothed": round(float(total["same_smoothed"] / total["faces"]), 4),
        "clips": rows.to_dict("records"),
    }
    print(rows.to_string(index=False), {name: report[name] for name in ("faces", "same_alone", "same_smoothed")})
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
