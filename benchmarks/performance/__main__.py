"""Speed and memory as ratios, each with its goal: `make bench`, or one part of it with `make bench PART=memory`.

    python benchmarks/performance [PART ...] [--repeats 5] [--hour] [--out FOLDER]

All measurements of a part are taken in turn, in processes of their own, and the median of five is printed with the
least and the largest. Writes performance.csv and performance.png. Run it on a machine that does nothing else.
"""

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import parts  # noqa: F401  fills PARTS
from machine import about_run
from registered import PARTS, Bench
from rows import Row, write_csv

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Run the parts, print every row as soon as it is known, write the table after each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default all")
    parser.add_argument("--repeats", type=int, default=5, help="measurements of each case; default 5")
    parser.add_argument("--hour", action="store_true", help="measure the memory of a whole hour, instead of 10 minutes")
    parser.add_argument("--quick", action="store_true", help="tiny clips: only whether everything runs")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results", help="folder of the table")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; expected some of {', '.join(PARTS)}")
    about, rows, failed = about_run(ROOT), [], []
    print(", ".join(f"{name} {value}" for name, value in about.items()), flush=True)
    table = given.out / "performance.csv"
    with tempfile.TemporaryDirectory(prefix="emo_bench_") as folder:
        bench = Bench(Path(folder), given.repeats, given.hour, given.quick)
        for name in given.parts or PARTS:
            started = time.perf_counter()
            try:
                for row in PARTS[name](bench):
                    rows.append(row)
                    print(row, flush=True)
            except (Exception, SystemExit) as error:  # the other parts are measured all the same
                traceback.print_exc()
                rows.append(Row(name, "the whole part", None, "", note=f"failed: {' '.join(str(error).split())[:200]}"))
                failed.append(name)
            rows.append(Row("took", name, time.perf_counter() - started, "s"))
            print(rows[-1], flush=True)
            write_csv(table, rows, about)
    from chart import draw_chart  # late: this process must stay small while memory is measured

    draw_chart(table.with_suffix(".png"), rows, about)
    with_goal = [row for row in rows if row.goal]
    print(f"{sum(row.verdict == 'met' for row in with_goal)} of {len(with_goal)} goals met; {table}")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
