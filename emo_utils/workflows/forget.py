"""Remove one person from a run: rows, pictures, and everything that may show them."""

import json
import logging
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from emo_utils.errors import EmoError
from emo_utils.locks import only_process
from emo_utils.reports.studies.finished import SEGMENTS, TIMELINE, FinishedClip, read_finished
from emo_utils.results_folder import LISTING, Listing, land, new_part, read_listing, sweep
from emo_utils.timeline import TYPES, Timeline
from emo_utils.workflows.clip_manifest import ClipRow, read_rows, write_rows
from emo_utils.workflows.output_folder import LOG
from emo_utils.workflows.run_report import REPORT, write_run_report
from emo_utils.workflows.run_tables import RunTables, StudySettings, finished_folders

log = logging.getLogger("emo_utils")

PARQUET, MOTION, SUMMARY = "timeline.parquet", "motion.csv", "summary.json"


@dataclass(frozen=True)
class Forgotten:
    """What was removed.

    Attributes:
        clips: names of the clips whose results were removed whole.
        people: clip and number of persons who were removed from clips that show others too.
        removed: number of files removed.
        kept: files that are the user's or were changed by the user, and may hold the person.
    """

    clips: tuple[str, ...]
    people: tuple[tuple[str, int], ...]
    removed: int
    kept: tuple[Path, ...]


def forget(
    out: Path | str, person: str, clip: str | None = None, subject: str | None = None, dry_run: bool = False
) -> Forgotten:
    """Remove a person from finished results; the clips themselves are not touched.

    Of a clip that shows this person alone, all results go. Of a clip that shows others too, the person's rows and apex
    pictures go, and every file that may show them: video, charts, reports, annotations, embeddings. The tables of the
    run are written anew.

    Args:
        out: the folder of `emo analyze`, of one clip or of several.
        person: name of the person across clips; with `clip`, the number of the person in it.
        clip: file name of the one clip.
        subject: a regular expression that finds the person in a clip's name; None: as the run was given.
        dry_run: say what would be removed, and remove nothing.

    Raises:
        EmoError: there is no such person; lists the known ones.
    """
    out = Path(out)
    single = (out / LISTING).exists()
    folders = [out] if single else finished_folders(out)
    if not folders:
        raise EmoError(f"{out}: expected the folder of emo analyze, found no finished clips in it")
    settings = StudySettings.kept(out)
    settings = settings if subject is None else replace(settings, subject=subject)
    found = list(_found([_with_subject(folder, settings) for folder in folders], person, clip))
    if dry_run:
        return _done(found, 0, ())
    with only_process(out, "emo forget"):
        sweep(out)
        removed, kept = 0, []
        for one, number in found:
            gone, left = _remove_clip(one) if _is_alone(one, number) else _remove_person(one, number)
            removed, kept = removed + gone, [*kept, *left]
        if not single:
            whole = {one.folder.name: one.name for one, number in found if _is_alone(one, number)}
            _tables_without(out, settings, whole)
    return _done(found, removed, kept)


def _done(found: list[tuple[FinishedClip, int]], removed: int, kept: Iterable[Path]) -> Forgotten:
    whole = tuple(one.name for one, number in found if _is_alone(one, number))
    people = tuple((one.name, number) for one, number in found if not _is_alone(one, number))
    return Forgotten(whole, people, removed, tuple(kept))


def _with_subject(folder: Path, settings: StudySettings) -> FinishedClip:
    clip = read_finished(folder)
    own = settings.subject_of(clip.name)
    return clip if own is None else replace(clip, subject=own)


def _found(clips: list[FinishedClip], person: str, clip: str | None) -> Iterable[tuple[FinishedClip, int]]:
    if clip is not None:
        own = [one for one in clips if clip in (one.name, PurePosixPath(one.name).stem, one.folder.name)]
        if len(own) != 1:
            raise EmoError(f"clip {clip!r} fits {len(own)} of: {', '.join(one.name for one in clips)}")
        if not person.isdecimal() or int(person) not in own[0].timeline.people:
            known = ", ".join(map(str, own[0].timeline.people)) or "nobody"
            raise EmoError(f"{own[0].name}: expected the number of a person, found {person!r}; known: {known}")
        return [(own[0], int(person))]
    found = [(one, number) for one in clips for number in one.timeline.people if one.subject_of(number) == person]
    absent = [(one, 0) for one in clips if one.subject == person and not one.timeline.people]
    if not found and not absent:
        known = sorted({one.subject for one in clips} - {""})
        hint = ", ".join(known) if known else "none, as the run was given no --subject; name --clip and a number"
        raise EmoError(f"person {person!r} is in none of the clips; known: {hint}")
    return [*found, *absent]


def _is_alone(clip: FinishedClip, number: int) -> bool:
    return set(clip.timeline.people) <= {number}


def _remove_clip(clip: FinishedClip) -> tuple[int, list[Path]]:
    """Remove the results of a clip; returns the number of files removed, and those of the user that stay."""
    folder = clip.folder
    listing = read_listing(folder)
    ours = [folder / name for name in listing.files if listing.wrote(folder, name)] if listing else []
    for path in ours:
        path.unlink()
    (folder / LISTING).unlink(missing_ok=True)
    for place in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(place.iterdir()):
            place.rmdir()
    left = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".emo")]
    if not left:
        shutil.rmtree(folder)
    return len(ours), left


def _remove_person(clip: FinishedClip, number: int) -> tuple[int, list[Path]]:
    """Remove a person from the files of a clip that shows others too."""
    folder, listing = clip.folder, read_listing(clip.folder)
    if listing is None:
        raise EmoError(f"{folder}: was changed meanwhile; give the command again")
    ours = [name for name in listing.files if listing.wrote(folder, name)]
    part = new_part(folder, "forget")
    part.mkdir()
    outcome = {**listing.outcome, "summary": _without(listing.outcome.get("summary") or {}, clip.timeline, number)}
    outcome["vectors"] = {key: one for key, one in (listing.outcome.get("vectors") or {}).items() if key != str(number)}
    for name in ours:
        _rewrite(name, folder, part, clip.timeline, number)
    written = len([path for path in part.rglob("*") if path.is_file()])
    land(part, folder, Listing(listing.source, listing.request, listing.status, outcome=outcome))
    kept = [path for path in folder.rglob("*") if path.is_file() and not _is_ours(folder, path)]
    return len(ours) - written, kept


def _is_ours(folder: Path, path: Path) -> bool:
    listing = read_listing(folder)
    name = path.relative_to(folder).as_posix()
    return path.name.startswith(".emo") or bool(listing and listing.wrote(folder, name))


def _rewrite(name: str, folder: Path, part: Path, timeline: Timeline, number: int) -> None:
    """Write a file without the person; nothing of a file that cannot be written without them."""
    path, target = folder / name, part / name
    if path.parent.name == "apex" and not path.name.startswith(f"{number}_"):
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
    elif name == TIMELINE:
        without_person(timeline, number).save_csv(target)
    elif name == PARQUET:
        without_person(Timeline.load(path), number).save_parquet(target)
    elif name in (SEGMENTS, MOTION):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        at = lines[0].rstrip("\n").split(",").index("person_id") if lines else 0
        people = pd.read_csv(path, usecols=[at]).iloc[:, 0] if len(lines) > 1 else pd.Series(dtype=float)
        kept = [line for line, own in zip(lines[1:], people, strict=True) if own != number]
        target.write_text("".join([*lines[:1], *kept]), encoding="utf-8", newline="")
    elif name == SUMMARY:
        summary = _without(json.loads(path.read_text(encoding="utf-8")), timeline, number)
        target.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    elif name == LOG:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        target.write_text("".join(line for line in lines if "identity:" not in line), encoding="utf-8")


def without_person(timeline: Timeline, number: int) -> Timeline:
    """A timeline without the rows of a person; a frame that shows nobody else has status `no_face`."""
    table = timeline.table
    kept = table[table["person_id"].isna() | (table["person_id"] != number)]
    alone = ~table["frame_index"].isin(kept["frame_index"])
    empty = table.loc[alone, ["frame_index", "time_s"]].drop_duplicates("frame_index").assign(status="no_face")
    kinds = {name: kind for name, kind in TYPES.items() if name in table}
    joined = pd.concat([kept, empty.reindex(columns=table.columns)]).astype(kinds)
    ordered = joined.sort_values(["frame_index", "track_id"], kind="stable", ignore_index=True)
    return Timeline(ordered, timeline.classes, timeline.provenance)


def _without(summary: dict[str, Any], timeline: Timeline, number: int) -> dict[str, Any]:
    if "people" not in summary:
        return summary
    people = [one for one in summary["people"] if one["person_id"] != number]
    frames = int(without_person(timeline, number).faces["frame_index"].nunique())
    baseline = summary.get("baseline")
    if baseline:
        kept = {key: one for key, one in baseline["people"].items() if key != str(number)}
        summary = {**summary, "baseline": {**baseline, "people": kept, "warnings": []}}
    return {**summary, "frames_with_faces": frames, "people": people}


def _tables_without(out: Path, settings: StudySettings, whole: dict[str, str]) -> None:
    """Write manifest, tables and report anew without the clips that were removed whole, by folder."""
    rows = read_rows(out)
    if rows is not None:
        write_rows(out, [row for row in rows if not _is_about(row, whole)])
    trials = settings.trials
    for name in whole.values():
        trials = trials.without(name) if trials else None
    RunTables(out, replace(settings, trials=trials)).write()
    if (out / REPORT).exists():
        write_run_report(out)


def _is_about(row: ClipRow, whole: dict[str, str]) -> bool:
    return row.folder in whole or PurePosixPath(row.clip.replace("\\", "/")).name in whole.values()
