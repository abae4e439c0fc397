"""Every face detector on the same clips: how often, how steadily and how fast each finds the face.

Example: python benchmarks/detectors.py clip.mp4 --frames 100
"""

import argparse
import json
import os
import platform
from pathlib import Path

from emo_utils.faces.compare import COLUMNS, compare_detectors

ROOT = Path(__file__).resolve().parents[1]
CLIPS = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared")) / "clips"
DEFAULT_CLIPS = [CLIPS / name for name in ("single_face.mp4", "WolfgangLanger_Pexels.mp4")]
RESULTS = Path(__file__).parent / "results" / "detectors.json"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path, help="clips with one face in the foreground")
    parser.add_argument("--detectors", nargs="*", help="names in the registry (default: all)")
    parser.add_argument("--frames", type=int, help="stop after this many frames of each clip")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    clips = arguments.clips or [path for path in DEFAULT_CLIPS if path.exists()]
    if not clips:
        print(f"detectors: skipped, no clips in {CLIPS}; name a clip, or set EMO_SHARED_DIR")
        return
    results = {}
    for clip in clips:
        table = compare_detectors(clip, arguments.detectors, arguments.frames)
        results[clip.name] = json.loads(table.to_json(orient="records"))
        print(f"\n{clip.name}\n{table.drop(columns='note').round(2).to_string(index=False)}")
        for row in table[table["frames"].isna()].itertuples():
            print(f"  {row.detector} did not run: {row.note}")
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine, "columns": COLUMNS, "clips": results}, indent=1) + "\n")
    print(f"\nwritten to {RESULTS}")


if __name__ == "__main__":
    main()
