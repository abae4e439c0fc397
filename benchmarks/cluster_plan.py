"""The table of docs/guide/cluster.md: what many hours of video cost, from the figures of `make bench`.

    python benchmarks/cluster_plan.py [--hours 100000] [--fps 25] [--core-hour 0.04] [--gigabyte-month 0.02]

Prices are assumptions; give your own. A core-hour is an hour of one core as fast as that of the measured machine.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "performance"))

from rows import read_csv

TABLE = Path(__file__).resolve().parent / "results" / "performance.csv"
KINDS = {"timeline": "timeline only", "segments": "timeline, segments", "everything": "everything"}


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=100_000)
    parser.add_argument("--fps", type=float, default=25.0)
    parser.add_argument("--core-hour", type=float, default=0.04, help="price of an hour of a core")
    parser.add_argument("--gigabyte-month", type=float, default=0.02, help="price of a gigabyte for a month")
    parser.add_argument("--table", type=Path, default=TABLE)
    given = parser.parse_args()
    rows, about = read_csv(given.table)
    value = {row.case: row.value for row in rows if row.part == "ratio"}
    frames = 3600 * given.fps
    print(f"From {given.table.name}: commit {about['commit']}, {about['date']}, {about['processor']}\n")
    print("| per hour of video | core-hours | results, MB | cost | all: core-hours | all: results, TB | all: cost |")
    print("|---|---|---|---|---|---|---|")
    for kind, title in KINDS.items():
        core_h = value[f"{kind}, processor time"] * frames / 1000 / 3600
        gigabytes = value[f"{kind}, written"] * frames / 1e9
        cost = core_h * given.core_hour + gigabytes * given.gigabyte_month
        whole = f"{core_h * given.hours:,.0f} | {gigabytes * given.hours / 1000:,.1f} | {cost * given.hours:,.0f}"
        print(f"| {title} | {core_h:.3f} | {1000 * gigabytes:.1f} | {cost:.4f} | {whole} |")


if __name__ == "__main__":
    main()
