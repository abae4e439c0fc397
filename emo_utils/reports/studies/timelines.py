"""The timelines of all clips in one file, wide or long, written a few clips at a time."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import pandas as pd

from emo_utils.reports.studies.finished import FinishedClip
from emo_utils.reports.studies.variables import NUMBER, TEXT, WHOLE, Layout, Variable, timeline_variables
from emo_utils.table_text import number

ROWS_AT_ONCE = 100_000
"""Rows that are collected before they are written: few row groups, and memory stays flat."""

KEYS = ("clip", "subject", "frame_index", "time_s", "track_id", "person_id", "status")
"""Columns that are repeated in each row of the long form."""

LONG_VALUES = {"probability": "p_", "smoothed_probability": "smoothed_p_", "baseline_probability": "b_"}
"""Columns of the long form, and the prefix of the wide columns that they hold."""


def long_variables(layout: Layout) -> dict[str, Variable]:
    """The columns of `timeline_long.parquet`."""
    wide = timeline_variables(layout)
    found = {name: wide[name] for name in KEYS}
    found["emotion"] = Variable("the emotion that the row is about", TEXT)
    meanings = {
        "probability": "its probability in this frame alone",
        "smoothed_probability": "its probability after smoothing over time",
        "baseline_probability": "the same after the person's baseline is taken off; empty where none was",
    }
    return found | {name: Variable(text, NUMBER, "probability", 0, 1) for name, text in meanings.items()}


TIMELINES: dict[str, Callable[[Layout], dict[str, Variable]]] = {
    "timeline.parquet": timeline_variables,
    "timeline.csv": timeline_variables,
    "timeline_long.parquet": long_variables,
}
"""The columns of each file with timelines."""


class _Sink(Protocol):
    def add(self, table: pd.DataFrame) -> None: ...

    def close(self) -> None: ...


def write_timelines(clips: Iterable[FinishedClip], layout: Layout, into: Path, names: Iterable[str]) -> None:
    """Write files with the timelines of all clips.

    Args:
        clips: read one after the other.
        layout: of all clips.
        into: an existing folder.
        names: keys of `TIMELINES`.
    """
    with ExitStack() as stack:
        sinks: list[tuple[bool, _Sink]] = []
        for name in names:
            make = _Csv if name.endswith(".csv") else _Parquet
            sink = stack.enter_context(closing(make(into / name, TIMELINES[name](layout))))
            sinks.append(("long" in name, sink))
        for table in _blocks(clips, layout):
            for is_long, sink in sinks:
                sink.add(_long(table, layout) if is_long else table)


def _blocks(clips: Iterable[FinishedClip], layout: Layout) -> Iterator[pd.DataFrame]:
    waiting: list[pd.DataFrame] = []
    for clip in clips:
        waiting.append(_wide(clip, layout))
        if sum(map(len, waiting)) >= ROWS_AT_ONCE:
            yield pd.concat(waiting, ignore_index=True)
            waiting = []
    if waiting:
        yield pd.concat(waiting, ignore_index=True)


def _wide(clip: FinishedClip, layout: Layout) -> pd.DataFrame:
    table = clip.timeline.table.copy()
    subjects = {person: clip.subject_of(person) for person in clip.timeline.people}
    table.insert(0, "subject", [subjects.get(person, "") for person in table["person_id"]])
    table.insert(0, "clip", clip.name)
    return _typed(table.reindex(columns=list(timeline_variables(layout))), timeline_variables(layout))


def _typed(table: pd.DataFrame, variables: dict[str, Variable]) -> pd.DataFrame:
    kinds = {WHOLE: "Int64", NUMBER: "float64", TEXT: "object"}
    typed = table.astype({name: kinds[one.type] for name, one in variables.items()})
    texts = [name for name, one in variables.items() if one.type == TEXT]
    typed[texts] = typed[texts].where(typed[texts].notna(), None)
    return typed


def _long(table: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    faces = table[table["status"] != "no_face"]
    parts = []
    for place, name in enumerate(layout.classes):
        part = faces[list(KEYS)].assign(emotion=name, place=place)
        for column, prefix in LONG_VALUES.items():
            source = f"{prefix}{name}"
            part[column] = faces[source] if source in faces else float("nan")
        parts.append(part)
    joined = pd.concat(parts) if parts else faces[list(KEYS)].assign(emotion="", place=0)
    ordered = joined.reset_index().sort_values(["index", "place"], kind="stable")
    return ordered.reindex(columns=list(long_variables(layout)))


class _Csv:
    def __init__(self, path: Path, variables: dict[str, Variable]):
        self._file = path.open("w", encoding="utf-8", newline="")
        pd.DataFrame(columns=list(variables)).to_csv(self._file, index=False, lineterminator="\n")

    def add(self, table: pd.DataFrame) -> None:
        table.to_csv(self._file, index=False, header=False, float_format=number, lineterminator="\n")

    def close(self) -> None:
        self._file.close()


class _Parquet:
    def __init__(self, path: Path, variables: dict[str, Variable]):
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {WHOLE: pa.int64(), NUMBER: pa.float64(), TEXT: pa.string()}
        self._schema = pa.schema([(name, kinds[one.type]) for name, one in variables.items()])
        self._file = path.open("wb")  # pyarrow accepts only UTF-8 names
        self._writer = pq.ParquetWriter(self._file, self._schema)
        self._make = pa.Table.from_pandas

    def add(self, table: pd.DataFrame) -> None:
        self._writer.write_table(self._make(table, schema=self._schema, preserve_index=False))

    def close(self) -> None:
        self._writer.close()
        self._file.close()
