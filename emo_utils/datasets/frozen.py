"""Splits on disk: a CSV with the part of each clip, and a hash by which reported results can name their split."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

from emo_utils.datasets.corpus import PARTS
from emo_utils.datasets.splits import Split
from emo_utils.errors import CorpusError
from emo_utils.hashing import sha256_of_json
from emo_utils.output import write_text_whole
from emo_utils.structures import Clip

COLUMNS = ["part", "clip_id", "subject_id", "emotion"]
MARK = "# emo_utils split "
"""Begins the first line of the file; what follows is JSON: corpus, protocol, fold, folds, seed, sha256."""
FACTS = ("corpus", "protocol", "fold", "folds", "seed")


def content_hash(split: Split) -> str:
    """SHA-256 of a split: its settings, and part, id, person and emotion of every clip."""
    return _hash({name: getattr(split, name) for name in FACTS}, _rows(split))


def freeze(split: Split, path: Path) -> str:
    """Write a split as CSV; returns its hash. The file is whole or absent."""
    facts = {name: getattr(split, name) for name in FACTS}
    sha256 = content_hash(split)
    text = io.StringIO()
    text.write(MARK + json.dumps(facts | {"sha256": sha256}) + "\n")
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *_rows(split)])
    write_text_whole(path, text.getvalue())
    return sha256


def load_frozen(path: Path, clips: Iterable[Clip]) -> Split:
    """Read a frozen split and find its clips in an index.

    Args:
        path: what `freeze` wrote.
        clips: what `index()` gives now; clips that the split does not name are left out.

    Raises:
        CorpusError: there is no such file, it was changed after it was frozen, or the index lacks a clip of it or
            tells another person or emotion.
    """
    facts, rows = _read(path)
    known = {clip.clip_id: clip for clip in clips if clip.corpus == facts["corpus"]}
    absent = [clip_id for _, clip_id, *_ in rows if clip_id not in known]
    if absent:
        raise CorpusError(
            f"{path}: {len(absent)} of its {len(rows)} clips are not in the index of {facts['corpus']}, the first is "
            f"{absent[0]}; fetch the whole corpus"
        )
    for _, clip_id, person, emotion in rows:
        clip = known[clip_id]
        if (clip.subject_id, clip.emotion) != (person, emotion):
            raise CorpusError(
                f"{path}: {clip_id} was frozen as {person}, {emotion}; the index says {clip.subject_id}, {clip.emotion}"
            )
    parts = {part: tuple(known[row[1]] for row in rows if row[0] == part) for part in PARTS}
    return Split(**facts, **parts)


def _read(path: Path) -> tuple[dict, list[list[str]]]:
    if not path.is_file():
        raise CorpusError(f"{path}: expected a frozen split, found none; make one with make_split and freeze")
    with path.open(newline="", encoding="utf-8") as file:
        first = file.readline()
        table = list(csv.reader(file))
    try:
        facts = json.loads(first.removeprefix(MARK)) if first.startswith(MARK) else {}
    except json.JSONDecodeError:
        facts = {}
    if set(facts) != {*FACTS, "sha256"} or not table or table[0] != COLUMNS:
        raise CorpusError(f"{path} is not a frozen split: expected {MARK!r} and JSON, then {','.join(COLUMNS)}")
    sha256 = facts.pop("sha256")
    found = _hash(facts, table[1:])
    if found != sha256:
        raise CorpusError(
            f"{path} was changed after it was frozen: expected SHA-256 {sha256}, found {found}; take it from version "
            "control, or make it anew with make_split and freeze"
        )
    return facts, table[1:]


def _rows(split: Split) -> list[list[str]]:
    return [[part, c.clip_id, c.subject_id, c.emotion] for part, clips in split.parts().items() for c in clips]


def _hash(facts: dict, rows: list[list[str]]) -> str:
    return sha256_of_json([facts, rows])
