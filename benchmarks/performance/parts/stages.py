"""Share of each stage of `emo analyze`."""

import json
from collections.abc import Iterator

from children import KINDS, script
from registered import Bench, part
from rows import Row
from turns import in_turn


@part
def stages(bench: Bench) -> Iterator[Row]:
    """Percent of the busy time of all Python threads, by sampling; see `scripts/stages.py`. Start-up is included."""
    clip = bench.base
    shares: dict[str, list[dict[str, float]]] = {kind: [] for kind in ("timeline", "everything")}

    def measure(kind: str) -> float:
        words = ("analyze", clip, "--out", bench.folder / f"stages_{kind}", "--redo", "--overwrite", *KINDS[kind])
        counts = json.loads(script("stages.py", *words).output.splitlines()[-1])
        total = sum(counts.values())
        shares[kind].append({stage: 100 * value / total for stage, value in counts.items()})
        return total

    busy = in_turn({kind: lambda kind=kind: measure(kind) for kind in shares}, bench.repeats)
    for kind, rounds in shares.items():
        largest = {name: max(one.get(name, 0.0) for one in rounds) for name in set().union(*rounds)}
        yield Row.of("stages", f"{kind}: busy time of all threads", busy[kind], "s", note=clip.stem)
        for name in sorted(largest, key=lambda name: -largest[name]):
            yield Row.of("stages", f"{kind}: {name}", [one.get(name, 0.0) for one in rounds], "%")
