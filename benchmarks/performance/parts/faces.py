"""Cost against the faces in a frame."""

import csv
from collections.abc import Iterator

from children import analyze
from clips import one_frame, with_faces
from registered import Bench, part
from rows import Row
from turns import each, in_turn

COUNTS = (1, 2, 5, 24)


@part
def faces(bench: Bench) -> Iterator[Row]:
    """Timeline only, pictures of one size, start-up taken off; the faces found are in the note."""
    frames, out = bench.size(150, 12), bench.folder / "faces"
    clips = {count: with_faces(count, frames, bench.folder) for count in COUNTS}
    start = one_frame(clips[1], bench.folder)
    cases = {0: lambda: analyze(start, out / "0", "timeline").wall_s}
    cases |= {n: lambda n=n, clip=clip: analyze(clip, out / str(n), "timeline").wall_s for n, clip in clips.items()}
    seconds = in_turn(cases, bench.repeats)
    for count in COUNTS:
        values = each(lambda whole, begin: 1000 * (whole - begin) / frames, seconds[count], seconds[0])
        with (out / str(count) / "timeline.csv").open(newline="", encoding="utf-8") as file:
            found = sum(row["status"] != "no_face" for row in csv.DictReader(file)) / frames
        yield Row.of("faces", f"{count} faces a frame", values, "ms a frame", note=f"found {found:.1f} a frame")
