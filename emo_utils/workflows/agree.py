"""Compare finished results with the codes of human raters: `emo agree`."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from emo_utils.errors import CodesError, EmoError
from emo_utils.evaluation.agreement import Rated, agreement
from emo_utils.evaluation.human_codes import Code, read_human_codes
from emo_utils.reports.clips.runs_of_emotion import stretches
from emo_utils.reports.studies.finished import FinishedClip, read_finished
from emo_utils.results_folder import LISTING
from emo_utils.workflows.run_tables import StudySettings, finished_folders

NEUTRAL = "neutral"
UNCODED = ("neutral", "skip")
KEPT_COLUMNS = ("smoothed_emotion", "baseline_emotion", "emotion")
SMALLEST_S = 1e-6


@dataclass(frozen=True)
class Coded:
    """The codes of one person in one clip by one coder, with the frames in which the person is seen."""

    clip: FinishedClip = field(repr=False)
    person_id: int
    coder: str
    codes: tuple[Code, ...]

    @property
    def person(self) -> str:
        """Name of the person across clips; the clip's where no subject was given."""
        own = self.clip.subject_of(self.person_id)
        return own or f"{self.clip.name} P{self.person_id}"


def agree(
    results: Path | str,
    codes: Path | str,
    *,
    tolerance_s: float = 0.5,
    subject: str | None = None,
    column: str | None = None,
    uncoded: str | None = None,
    tiers: str | None = None,
) -> dict[str, Any]:
    """The agreement of results with human codes, and of several coders with each other.

    Args:
        results: the folder of `emo analyze`, of one clip or of several.
        codes: a CSV, an ELAN file, a table of BORIS, or a folder of them; see `evaluation.human_codes`.
        tolerance_s: two onsets of one emotion within this time count as one.
        subject: a regular expression that finds the person in a clip's name; None: as the tables of the run have it.
        column: of the timeline; None: `baseline_emotion` where a baseline was taken off, else `smoothed_emotion`.
        uncoded: what frames without a code count as: `neutral`, or `skip`; None: `skip` where the coder codes neutral.
        tiers: a regular expression for the tiers of ELAN files; see `read_human_codes`.

    Returns:
        `emotions`; `column`; `uncoded`; `coders`: for each coder the report of `evaluation.agreement.agreement` with
        the coder as the first rater; `between`: the same for each two coders, the ceiling of what can be expected;
        `notes`.

    Raises:
        CodesError: a code fits no clip, person or time of the results, or two codes of a coder overlap.
        EmoError: there are no finished results, or an unknown choice.
    """
    if uncoded not in (None, *UNCODED):
        raise EmoError(f"--uncoded: expected one of {', '.join(UNCODED)}, found {uncoded!r}")
    clips = _clips(Path(results), subject)
    read = read_human_codes(codes, tiers)
    own = _by_coder(clips, read)
    column = column or ("baseline_emotion" if all(clip.has_baseline for clip in clips) else KEPT_COLUMNS[0])
    if column not in KEPT_COLUMNS:
        raise EmoError(f"--column: expected one of {', '.join(KEPT_COLUMNS)}, found {column!r}")
    filled = uncoded or ("skip" if any(code.emotion == NEUTRAL for code in read) else "neutral")
    classes = dict.fromkeys(name for clip in clips for name in clip.timeline.classes)
    emotions = tuple(dict.fromkeys([*classes, *(code.emotion for code in read)]))
    report: dict[str, Any] = {"emotions": list(emotions), "column": column, "uncoded": filled, "coders": {}}
    for coder, coded in own.items():
        rated = [_against_machine(one, emotions, column, filled) for one in coded]
        report["coders"][coder or "coder"] = agreement([one for one in rated if len(one.first)], emotions, tolerance_s)
    report["between"] = {
        f"{one} and {other}": agreement(_between(own[one], own[other], emotions, filled), emotions, tolerance_s)
        for one, other in combinations(own, 2)
    }
    alone = not any(clip.subject for clip in clips)
    report["notes"] = ["each clip counts as a person, since no subjects were given; see --subject"] if alone else []
    return report


def _clips(results: Path, subject: str | None) -> list[FinishedClip]:
    folders = [results] if (results / LISTING).exists() else finished_folders(results)
    if not folders:
        raise EmoError(f"{results}: expected the folder of emo analyze, found no finished clips in it")
    settings = StudySettings.kept(results) if subject is None else StudySettings(subject)
    clips = [read_finished(folder) for folder in folders]
    return [
        clip if (own := settings.subject_of(clip.name)) is None else replace(clip, subject=own) for clip in clips
    ]  # fmt: skip


def _by_coder(clips: Sequence[FinishedClip], codes: Iterable[Code]) -> dict[str, list[Coded]]:
    """The codes by coder, each list by clip and person."""
    known: Mapping[str, list[FinishedClip]] = defaultdict(list)
    for clip in clips:
        for name in {clip.name, PurePosixPath(clip.name).stem}:
            known[name].append(clip)
    found: dict[tuple[str, str, int], tuple[FinishedClip, list[Code]]] = {}
    for code in codes:
        fitting = known.get(code.clip, [])
        if len(fitting) != 1:
            raise CodesError(
                f"{code.where}: clip {code.clip!r} fits {len(fitting)} of the {len(clips)} clips, such as "
                f"{clips[0].name!r}; expected one"
            )
        clip = fitting[0]
        person = _person(clip, code)
        found.setdefault((code.coder, clip.name, person), (clip, []))[1].append(code)
    coders: dict[str, list[Coded]] = defaultdict(list)
    for (coder, _, person), (clip, own) in found.items():
        coders[coder].append(Coded(clip, person, coder, _in_order(own)))
    return dict(coders)


def _person(clip: FinishedClip, code: Code) -> int:
    people = clip.timeline.people
    if code.person_id is not None and code.person_id in people:
        return code.person_id
    if not people or (code.person_id is not None and len(people) > 1):
        known = ", ".join(map(str, people)) or "nobody"
        raise CodesError(f"{code.where}: person {code.person_id} is not in {clip.name}; known: {known}")
    counts = clip.timeline.faces["person_id"].value_counts()
    return min(int(one) for one in counts.index[counts == counts.max()])


def _in_order(codes: Sequence[Code]) -> tuple[Code, ...]:
    ordered = sorted(codes, key=lambda code: code.start_s)
    for first, second in pairwise(ordered):
        if second.start_s < first.end_s - SMALLEST_S and first.emotion != second.emotion:
            raise CodesError(
                f"{second.where}: overlaps the code {first.emotion!r} of {first.where}; expected one a time"
            )
    return tuple(ordered)


def _labels(coded: Coded, times_s: np.ndarray, emotions: Sequence[str], uncoded: str) -> np.ndarray:
    """The coder's emotion at each time as an index, -1 where there is none."""
    labels = np.full(len(times_s), emotions.index(NEUTRAL) if uncoded == NEUTRAL and NEUTRAL in emotions else -1)
    for code in coded.codes:
        labels[(times_s >= code.start_s - SMALLEST_S) & (times_s < code.end_s - SMALLEST_S)] = emotions.index(
            code.emotion
        )
    return labels


def _onsets(coded: Coded, emotions: Sequence[str]) -> list[tuple[float, int]]:
    """Onsets of the coded expressions; codes that follow each other with one emotion are one expression."""
    found, last = [], None
    for code in coded.codes:
        goes_on = last and last.emotion == code.emotion and code.start_s - last.end_s <= 1e-3
        if code.emotion != NEUTRAL and math.isfinite(code.end_s) and not goes_on:
            found.append((code.start_s, emotions.index(code.emotion)))
        last = code
    return found


def _against_machine(coded: Coded, emotions: Sequence[str], column: str, uncoded: str) -> Rated:
    clip = coded.clip
    rows = clip.timeline.person(coded.person_id).dropna(subset=[column])
    times = rows["time_s"].to_numpy(float)
    human = _labels(coded, times, emotions, uncoded)
    machine = np.array([emotions.index(name) for name in rows[column]], int)
    seconds = rows["frame_index"].map(clip.seconds).to_numpy(float)
    kept = human >= 0
    found = _onsets(coded, emotions)
    onsets = (found, _found_onsets(coded, emotions)) if any(math.isfinite(c.end_s) for c in coded.codes) else ((), ())
    return Rated(coded.person, human[kept], machine[kept], seconds[kept], onsets)


def _found_onsets(coded: Coded, emotions: Sequence[str]) -> list[tuple[float, int]]:
    clip, person = coded.clip, coded.person_id
    if clip.segments is None:
        runs = [one for one in stretches(clip.timeline, person) if one.emotion != NEUTRAL]
        return [(one.start_s, emotions.index(one.emotion)) for one in runs]
    own = clip.segments[(clip.segments["person_id"] == person)].dropna(subset=["emotion"]).sort_values("onset_s")
    return [(float(one.onset_s), emotions.index(one.emotion)) for one in own.itertuples()]


def _between(first: Sequence[Coded], second: Sequence[Coded], emotions: Sequence[str], uncoded: str) -> list[Rated]:
    """Two coders on the frames that both coded."""
    others = {(one.clip.name, one.person_id): one for one in second}
    rated = []
    for one in first:
        other = others.get((one.clip.name, one.person_id))
        if other is None:
            continue
        rows = one.clip.timeline.person(one.person_id)
        times, seconds = rows["time_s"].to_numpy(float), rows["frame_index"].map(one.clip.seconds).to_numpy(float)
        a, b = (_labels(coded, times, emotions, uncoded) for coded in (one, other))
        kept = (a >= 0) & (b >= 0)
        onsets = (_onsets(one, emotions), _onsets(other, emotions))
        rated.append(Rated(one.person, a[kept], b[kept], seconds[kept], onsets))
    return rated
