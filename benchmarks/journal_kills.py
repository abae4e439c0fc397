"""Kill processes (SIGKILL) that add entries to a journal, at random moments, and check the journal after each.

Two processes add entries at the same time, each entry with a clip of 1 MB, pictures and emotions. One is killed, and
then the other. After that the journal must open and be whole: no half entry, no clip without an entry, and every entry
kept whose `add` had returned. Prints the counts as JSON, with the kills that left a half copied clip; exit code 1 if
anything was lost.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from emo_utils.journal.entry import Apex, EntryAnalysis
from emo_utils.journal.journal import Journal
from emo_utils.labels import EMOTIONS

CLIP_BYTES = 1_000_000
LONGEST_S = 0.15
"""A process is killed up to so long after its first entry; adding one takes 0.02 to 0.1 s."""


def analysis() -> EntryAnalysis:
    """An analysis as one of a clip, made up: what is tested is how entries are kept."""
    values = np.full(len(EMOTIONS), 1 / len(EMOTIONS))
    return EntryAnalysis(
        EMOTIONS, values, values, np.zeros(len(EMOTIONS)), 60, 2.0, 1, 1, "none", "0" * 64, "none", "0"
    )


def write_entries(folder: Path) -> None:
    """Add entries until killed; print the id of each when it is kept."""
    clip = folder.parent / "clip.mp4"
    apexes = [Apex(1.0, "happiness", 1.0, bytes(20_000))] * 3
    with Journal(folder) as journal:
        while True:
            print(journal.add(clip, analysis(), apexes, note="a note " * 100).entry_id, flush=True)


def start(folder: Path) -> subprocess.Popen:
    command = [sys.executable, __file__, "--write", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def end(process: subprocess.Popen, wait_s: float) -> set[str]:
    """Kill a process a while after its first entry; the ids of the entries that it had added."""
    first = process.stdout.readline().strip()
    try:
        process.wait(wait_s)
    except subprocess.TimeoutExpired:
        process.kill()
    rest, _ = process.communicate()
    complete = rest[: rest.rfind("\n") + 1].split()
    return {first, *complete}


def run(kills: int, seed: int = 0) -> dict:
    """Kill and check; the counts."""
    rng, lost, problems, added, halves = random.Random(seed), 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "journal"
        (Path(place) / "clip.mp4").write_bytes(rng.randbytes(CLIP_BYTES))
        for _ in range(kills):
            first, second = start(folder), start(folder)
            kept = end(first, rng.uniform(0, LONGEST_S))
            kept |= end(second, rng.uniform(0, LONGEST_S) / 4)
            halves += sum(path.name.startswith(".") for path in (folder / "clips").iterdir())
            with Journal(folder) as journal:
                entries = {entry.entry_id: entry for entry in journal.entries()}
                stored = {entry.clip.path.name for entry in entries.values()}
                on_disk = {path.name for path in journal.clips.iterdir()}
                lost += len(kept - entries.keys())
                problems += len(journal.problems()) + len(on_disk ^ stored)
                problems += sum(len(journal.apexes(entry)) != 3 for entry in entries.values())
                added += len(entries)
                for entry_id in entries:
                    journal.delete(entry_id)
                problems += len(list(journal.clips.iterdir()))
    return {"kills": 2 * kills, "half_copied": halves, "entries": added, "lost": lost, "problems": problems}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50, help="rounds; two processes are killed in each")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        write_entries(arguments.write)
    found = run(arguments.kills)
    print(json.dumps(found))
    sys.exit(bool(found["lost"] or found["problems"]))


if __name__ == "__main__":
    main()
