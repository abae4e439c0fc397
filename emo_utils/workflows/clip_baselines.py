"""The second pass of a run over many clips: baselines of several clips, and the files in which they stand.

Pass 1 analyses each clip and lands its results without such a baseline. Pass 2 reads the predictions back from the
files, estimates the baselines from all clips of the command, and replaces the files that hold them. Clips whose files
hold them already are left alone. So a run that is killed between the passes, or to which clips are added, gives the
results of a run in one go when the command is given again; no finished clip is analysed twice.
"""

import base64
import csv
import io
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from emo_utils.errors import OutputError
from emo_utils.inference.baseline_timeline import baseline_emotion, with_baseline
from emo_utils.inference.clip_baseline import NEUTRAL, ClipBaseline
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.person_windows import WINDOWS, PersonWindows
from emo_utils.reports.clips.summary import summary_with_baseline
from emo_utils.results_folder import Listing, land, new_part, read_listing
from emo_utils.timeline import Timeline
from emo_utils.workflows.analyzer import Analyzer
from emo_utils.workflows.baselines import PredictedClip, baselines_of
from emo_utils.workflows.clip_manifest import OK
from emo_utils.workflows.clip_results import ClipResult, Place
from emo_utils.workflows.output_folder import OTHERWISE

log = logging.getLogger("emo_utils")

TIMELINE, PARQUET, SEGMENTS, SUMMARY = "timeline.csv", "timeline.parquet", "segments.csv", "summary.json"
"""The files that hold a baseline."""


def encoded(vectors: Mapping[int, np.ndarray]) -> dict[str, str]:
    """Face embeddings as plain values for a listing."""
    return {
        str(person): base64.b64encode(one.astype("<f4").tobytes()).decode("ascii") for person, one in vectors.items()
    }


def decoded(plain: Mapping[str, str]) -> dict[int, np.ndarray]:
    """Face embeddings of a listing, float32 (D,)."""
    return {int(person): np.frombuffer(base64.b64decode(text), "<f4") for person, text in plain.items()}


def unfinished_without_predictions(place: Place, by_person: bool) -> Place:
    """A place whose own timeline was changed or removed is analysed again: there is nothing to estimate from.

    With a network that reads `by_person` its windows are needed too.
    """
    listing = read_listing(place.folder) if place.finished else None
    needed = (TIMELINE, WINDOWS) if by_person else (TIMELINE,)
    if listing and not all(_own_file(place.folder, listing, name) for name in needed):
        return replace(place, finished=None)
    return place


def refuse_other_baselines(places: Sequence[Place], kind: str, allowed: bool) -> None:
    """Refuse to replace one baseline of finished clips by another, or by none, unless that is allowed.

    Raises:
        OutputError: names the clips.
    """
    others = [
        place.folder.name
        for place in places
        if place.finished and (held := place.finished.summary.get("baseline")) and held["kind"] != kind
    ]
    if others and not allowed:
        names = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise OutputError(f"{len(others)} of these clips were analysed with another baseline ({names}); {OTHERWISE}")


def take_off_baselines(results: Sequence[ClipResult], analyzer: Analyzer) -> list[ClipResult]:
    """Estimate the baselines of all analysed clips, and replace the files in which they stand.

    Args:
        results: of pass 1, in the order of the command.
        analyzer: with the options of the run.

    Returns:
        The results with the new summaries.

    Raises:
        EmoError: a face in fewer than two clips; the results of pass 1 stay.
    """
    options = analyzer.options
    if options.baseline_request.of_each:
        return list(results)
    listings = {one.folder: read_listing(one.folder) for one in results if one.status == OK}
    wanted = options.baseline_request.of_several
    if not wanted and not any(listing and listing.outcome["summary"].get("baseline") for listing in listings.values()):
        return list(results)
    clips = {folder: _predicted(folder, listing, results) for folder, listing in listings.items() if listing}
    baselines = baselines_of(list(clips.values()), options, analyzer.pipeline.networks) if wanted else {}
    return [
        _rewritten(one, listing, clips[one.folder].timeline, baselines.get(one.folder.name), options)
        if (listing := listings.get(one.folder))
        else one
        for one in results
    ]


def _predicted(folder: Path, listing: Listing, results: Sequence[ClipResult]) -> PredictedClip:
    clip = next(one.clip for one in results if one.folder == folder)
    own = _own_file(folder, listing, TIMELINE)
    if own is None:
        raise OutputError(f"{folder}: {TIMELINE} was changed during the run; give the same command again")
    again = _own_file(folder, listing, WINDOWS)
    windows = PersonWindows.load(again) if again else None
    return PredictedClip(folder.name, clip, Timeline.load(own), decoded(listing.outcome.get("vectors", {})), windows)


def _own_file(folder: Path, listing: Listing, name: str) -> Path | None:
    """The file of this name that this package wrote, also beside one of the user; None if it is changed or absent."""
    path = Path(name)
    named = [name, *(one for one in listing.files if one.startswith(f"{path.stem}.new") and one.endswith(path.suffix))]
    return next((folder / one for one in named if listing.wrote(folder, one)), None)


def _rewritten(
    result: ClipResult,
    listing: Listing,
    timeline: Timeline,
    baseline: ClipBaseline | None,
    options: AnalysisOptions,
) -> ClipResult:
    """The result of a clip after its files hold this baseline; None: after they hold none."""
    corrected = baseline.taken_off(timeline) if baseline else with_baseline(timeline, {})
    summary = _summary(listing.outcome["summary"], corrected, baseline, options)
    warnings = [f"baseline: {warning}" for warning in (baseline.warnings if baseline else ())]
    for warning in warnings:
        log.warning("%s: %s", result.clip.name, warning)
    if summary != listing.outcome["summary"]:
        part = new_part(result.folder, "baseline")
        part.mkdir()
        try:
            _write(part, result.folder, listing, corrected, summary)
            changed = replace(listing, outcome={**listing.outcome, "summary": summary})
            for name in land(part, result.folder, changed, keep=listing.files):
                log.warning("%s: written as %s, since a file of that name there is yours", result.folder, name)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return replace(result, summary=summary, reason="; ".join(filter(None, [listing.outcome["reason"], *warnings])))


def _summary(
    summary: dict[str, Any], timeline: Timeline, baseline: ClipBaseline | None, options: AnalysisOptions
) -> dict[str, Any]:
    about = {**summary["options"], "baseline": options.baseline, "subject": options.subject}
    summary = {key: value for key, value in summary.items() if key != "subject"} | {"options": about}
    if baseline is None:
        bare = [{key: value for key, value in one.items() if key != "baseline"} for one in summary["people"]]
        return {**summary, "baseline": None, "people": bare}
    return summary_with_baseline(summary, timeline, baseline.plain(timeline.classes))


def _write(part: Path, folder: Path, listing: Listing, timeline: Timeline, summary: dict[str, Any]) -> None:
    """Write the files that hold a baseline, of those that the clip has."""
    timeline.save_csv(part / TIMELINE)
    if parquet := _own_file(folder, listing, PARQUET):
        full = Timeline.load(parquet)
        columns = list(timeline.table.columns[timeline.table.columns.str.startswith(("baseline_", "b_"))])
        table = full.table.assign(**{name: timeline.table[name] for name in columns})
        replace(full, table=table).save_parquet(part / PARQUET)
    if segments := _own_file(folder, listing, SEGMENTS):
        (part / SEGMENTS).write_text(_segments(segments, timeline), encoding="utf-8", newline="")
    if any(Path(name).name.startswith("summary") for name in listing.files):
        (part / SUMMARY).write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def _segments(path: Path, timeline: Timeline) -> str:
    """The table of segments with the emotions after the baseline is taken off; all other cells as they are."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows, names = list(reader), list(reader.fieldnames or ())
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        frames = int(row["onset"]), int(row["offset"])
        emotion, confidence = baseline_emotion(timeline, int(row["person_id"]), frames, (NEUTRAL,))
        shown = f"{confidence:.6g}" if emotion else ""
        writer.writerow({**row, "baseline_emotion": emotion, "baseline_confidence": shown})
    return text.getvalue()
