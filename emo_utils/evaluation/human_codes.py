"""Codes of human raters, read from CSV tables, ELAN files and exports of BORIS."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from emo_utils.csv_text import read_csv_text
from emo_utils.errors import CodesError, SegmentsError
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.motion.segments_elan import SUFFIX, clip_of, open_eaf

WORDS = {
    **{name: name for name in ALL_EMOTIONS},
    "angry": "anger",
    "contemptuous": "contempt",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "scared": "fear",
    "happy": "happiness",
    "joy": "happiness",
    "smile": "happiness",
    "neutrality": "neutral",
    "none": "neutral",
    "sad": "sadness",
    "surprised": "surprise",
}
"""Words of coders and the emotions that they mean; case does not matter."""

COLUMNS = {
    "clip": ("clip", "clip_id", "file", "filename", "video", "media file name", "media file", "observation id"),
    "start_s": ("start_s", "onset_s", "start (s)", "start", "begin"),
    "end_s": ("end_s", "offset_s", "stop (s)", "end", "stop"),
    "emotion": ("emotion", "code", "label", "behavior", "behaviour", "expression"),
    "person_id": ("person_id", "subject"),
    "coder": ("coder", "rater", "annotator", "observer"),
}
"""Usual names of each column, the likeliest first; case does not matter. The first table also holds those of BORIS."""

OURS = re.compile(r"(expression|segments|apex) P\d+")
"""Tiers that `--outputs elan` writes; codes are read from all others."""


@dataclass(frozen=True)
class Code:
    """What one coder saw: an emotion from start to end.

    Attributes:
        where: file and row, for messages.
        clip: file name of the clip, with or without suffix.
        start_s, end_s: on the clip's own clock; 0 and infinity for a code of the whole clip.
        emotion: one of `labels.ALL_EMOTIONS`.
        person_id: number of the person within the clip; None: the one who is seen longest.
        coder: name of the coder; empty where there is one only.
    """

    where: str
    clip: str
    start_s: float
    end_s: float
    emotion: str
    person_id: int | None = None
    coder: str = ""


def read_human_codes(path: Path | str, tiers: str | None = None) -> list[Code]:
    """Read the codes of a file, or of all CSV and ELAN files of a folder.

    A CSV has the columns `clip` and `emotion`, and `start_s` and `end_s` unless the codes are of whole clips;
    `person_id` and `coder` if needed. Tables of BORIS (tabular or aggregated events) are read as they are.

    Args:
        path: the file or folder.
        tiers: a regular expression for the tiers of ELAN files; its first group, if it has one, is the coder. None:
            every tier whose annotations are emotions, but those that this package wrote.

    Raises:
        CodesError: it cannot be read, holds no codes, or a row makes no sense; names the row.
        MissingPackageError: an ELAN file, and pympi-ling is not installed.
    """
    path = Path(path)
    files = (
        sorted(one for one in path.rglob("*") if one.suffix.lower() in (SUFFIX, ".csv")) if path.is_dir() else [path]
    )
    codes = [
        code for file in files for code in (_of_elan(file, tiers) if file.suffix.lower() == SUFFIX else _of_table(file))
    ]
    if not codes:
        raise CodesError(f"{path}: expected codes in CSV or ELAN files, found none")
    return codes


def emotion_of(word: str, where: str) -> str:
    """The emotion that a coder's word means.

    Raises:
        CodesError: it is not known; lists the words.
    """
    found = WORDS.get(word.strip().lower())
    if found is None:
        raise CodesError(f"{where}: {word!r} is no emotion; known: {', '.join(WORDS)}. Rename it in the file")
    return found


def _of_elan(path: Path, tiers: str | None) -> Iterator[Code]:
    try:
        eaf = open_eaf(path)
    except SegmentsError as error:
        raise CodesError(str(error)) from None
    clip = clip_of(eaf) or path.stem
    for tier in eaf.get_tier_names():
        marks = sorted(one[:3] for one in eaf.get_annotation_data_for_tier(tier))
        found = re.search(tiers, tier) if tiers else None
        chosen = found if tiers else not OURS.fullmatch(tier) and any(_known(text) for _, _, text in marks)
        if not chosen:
            continue
        person = re.search(r"P(\d+)$", tier)
        about = eaf.get_parameters_for_tier(tier)
        coder = found[1] if found and found.re.groups else about.get("ANNOTATOR") or ""
        for start, end, text in marks:
            where = f"{path}, tier {tier!r} at {start / 1000:.3f} s"
            number = int(person[1]) if person else None
            yield Code(where, clip, start / 1000, end / 1000, emotion_of(text, where), number, coder)


def _known(text: str) -> bool:
    return text.strip().lower() in WORDS


def _of_table(path: Path) -> Iterator[Code]:
    try:
        text, separator = read_csv_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise CodesError(f"{path}: cannot be read as a CSV file of codes ({error})") from None
    lines = text.splitlines()
    at = next((row for row, line in enumerate(lines) if _is_header(line, separator)), None)
    if at is None:
        raise CodesError(
            f"{path}: expected a line with the columns clip and emotion, or those of BORIS; found "
            f"{lines[0] if lines else 'nothing'!r}"
        )
    table = pd.read_csv(StringIO("\n".join(lines[at:])), dtype=str, keep_default_na=False, sep=separator)
    table.columns = [name.strip() for name in table.columns]
    lower = {name.lower(): name for name in table.columns}
    rows = [(at + 2 + number, row) for number, row in enumerate(table.to_dict("records"))]
    if "status" in lower and "time" in lower:
        rows = list(_paired(path, rows, lower))
        lower |= {name: name for name in ("start_s", "end_s")}
    places = {key: next((lower[name] for name in names if name in lower), None) for key, names in COLUMNS.items()}
    for line, row in rows:
        yield _code(path, line, {key: row[name].strip() for key, name in places.items() if name}, separator)


def _is_header(line: str, separator: str) -> bool:
    names = {name.strip().strip('"').lower() for name in line.split(separator)}
    return bool(names & set(COLUMNS["clip"])) and bool(names & set(COLUMNS["emotion"]))


def _paired(path: Path, rows: Sequence[tuple[int, dict]], lower: Mapping[str, str]) -> Iterator[tuple[int, dict]]:
    """Rows of START and STOP, as BORIS exports tabular events, joined to one row each."""
    open_rows: dict[tuple, tuple[int, dict]] = {}
    keys = [lower[name] for name in ("observation id", "subject", "behavior", "behaviour") if name in lower]
    for line, row in rows:
        key, status = tuple(row[name] for name in keys), row[lower["status"]].strip().upper()
        if status == "START":
            open_rows[key] = line, row
        elif status == "STOP" and key in open_rows:
            first, start = open_rows.pop(key)
            yield first, {**start, "start_s": start[lower["time"]], "end_s": row[lower["time"]]}
        elif status != "POINT":
            raise CodesError(f"{path}, row {line}: expected START, then STOP of the same behavior, found {status!r}")
    for line, _ in open_rows.values():
        raise CodesError(f"{path}, row {line}: a START without its STOP")


def _code(path: Path, line: int, cells: Mapping[str, str], separator: str) -> Code:
    where = f"{path}, row {line}"
    emotion = emotion_of(cells["emotion"], where)
    clip = re.split(r"[/\\]", cells["clip"].split("#")[-1].split(":")[-1])[-1]
    times = [_seconds(where, name, cells[name], separator) for name in ("start_s", "end_s") if name in cells]
    start, end = times if len(times) == 2 else (0.0, math.inf)
    if not 0 <= start < end:
        raise CodesError(f"{where}: expected 0 <= start < end, found {start:g} to {end:g} s")
    number = re.search(r"(\d+)$", cells.get("person_id", ""))
    return Code(where, clip, start, end, emotion, int(number[1]) if number else None, cells.get("coder", ""))


def _seconds(where: str, name: str, text: str, separator: str) -> float:
    try:
        return float(text.replace(",", ".") if separator != "," else text)
    except ValueError:
        raise CodesError(f"{where}: {name}: expected a number of seconds, found {text!r}") from None
