"""The expressions as subtitles, for players and web pages: WebVTT and SRT."""

from collections.abc import Iterator
from pathlib import Path

from emo_utils.reports.clips.runs_of_emotion import Stretch, stretches
from emo_utils.reports.clips.writer import TABLES, ClipResults, writer


@writer("webvtt", {"expressions.vtt": "expressions as subtitles, WebVTT"}, TABLES + 1, default=False)
def write_webvtt(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `expressions.vtt`, see https://www.w3.org/TR/webvtt1/."""
    cues = [f"{_time(one.start_s, '.')} --> {_time(one.end_s, '.')}\n{_text(one, results)}" for one in _cues(results)]
    _write(folder / "expressions.vtt", "\n\n".join(["WEBVTT", *cues]) + "\n")


@writer("srt", {"expressions.srt": "expressions as subtitles, SRT"}, TABLES + 1, default=False)
def write_srt(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `expressions.srt`."""
    cues = [
        f"{number}\n{_time(one.start_s, ',')} --> {_time(one.end_s, ',')}\n{_text(one, results)}\n"
        for number, one in enumerate(_cues(results), start=1)
    ]
    _write(folder / "expressions.srt", "\n".join(cues))


def _cues(results: ClipResults) -> Iterator[Stretch]:
    timeline = results.result.timeline
    cues = [one for person in timeline.people for one in stretches(timeline, person)]
    return iter(sorted(cues, key=lambda one: (one.start_s, one.person_id)))


def _text(one: Stretch, results: ClipResults) -> str:
    person = f"person {one.person_id}: " if len(results.result.timeline.people) > 1 else ""
    return f"{person}{one.emotion} {one.mean:.0%}"


def _time(seconds: float, mark: str) -> str:
    thousandths = round(1000 * seconds)
    minutes, thousandths = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{thousandths // 1000:02d}{mark}{thousandths % 1000:03d}"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
