"""The segments as a table of aggregated events, with the columns of BORIS.

Source: O. Friard, M. Gamba, "BORIS: a free, versatile open-source event-logging software for video/audio coding and
live observations", Methods in Ecology and Evolution 7, 2016; the columns are those of its export of aggregated events.
"""

from pathlib import Path

from emo_utils.file_names import as_text
from emo_utils.reports.clips.tiers import end_of, frame_of
from emo_utils.reports.clips.writer import TABLES, ClipResults, writer
from emo_utils.table_text import rows_text, write_table

COLUMNS = (
    "Observation id",
    "Observation date",
    "Description",
    "Observation type",
    "Source",
    "Time offset (s)",
    "Coding duration",
    "Media duration (s)",
    "FPS (frame/s)",
    "Subject",
    "Observation duration by subject by observation",
    "Behavior",
    "Behavioral category",
    "Behavior type",
    "Start (s)",
    "Stop (s)",
    "Duration (s)",
    "Media file name",
    "Image index start",
    "Image index stop",
    "Image file path start",
    "Image file path stop",
    "Comment start",
    "Comment stop",
)


@writer(
    "boris",
    {"events_boris.csv": "segments as aggregated events, with the columns that BORIS exports"},
    TABLES + 1,
    default=False,
)
def write_boris(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `events_boris.csv`; a subject is a person of the clip, a behavior is an emotion."""
    name, length_s, frame_s = as_text(results.name), end_of(results.result), frame_of(results.result)
    shared = {
        "Observation id": Path(name).stem,
        "Observation type": "Media file",
        "Source": f"player #1:{name}",
        "Time offset (s)": 0.0,
        "Coding duration": length_s,
        "Media duration (s)": length_s,
        "FPS (frame/s)": 1 / frame_s,
        "Observation duration by subject by observation": length_s,
        "Behavioral category": "expression",
        "Behavior type": "STATE",
        "Media file name": name,
    }
    rows = [
        {
            **shared,
            "Subject": f"person {one.person_id}",
            "Behavior": one.emotion or "expression",
            "Start (s)": one.onset_s,
            "Stop (s)": one.offset_s + frame_s,
            "Duration (s)": one.offset_s + frame_s - one.onset_s,
            "Image index start": one.onset,
            "Image index stop": one.offset,
            "Comment start": f"apex {one.apex_s:.3f} s, strength {one.strength:.3g}",
        }
        for one in results.result.segments
    ]
    write_table(folder / "events_boris.csv", COLUMNS, [rows_text(COLUMNS, rows)])
