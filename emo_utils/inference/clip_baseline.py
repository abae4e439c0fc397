"""The baseline of each person of a clip: from all clips of a run, from a stretch of rest, or from a file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from emo_utils.errors import EmoError, WeightsError
from emo_utils.inference.baseline import (
    PersonBaseline,
    centred_profiles,
    estimate_baselines,
    rest_offset,
)
from emo_utils.inference.baseline_request import PEOPLE, BaselineRequest
from emo_utils.inference.baseline_timeline import (
    Appearance,
    appearances,
    person_log_means,
    with_baseline,
    with_probabilities,
)
from emo_utils.inference.weights import Weights
from emo_utils.timeline import Timeline, counted

NEUTRAL = "neutral"

OFFSET_DIGITS = 4
"""Decimal places of an offset; more are not subtracted, so that a saved baseline gives the same result."""


@dataclass(frozen=True)
class ClipBaseline:
    """What is taken off the persons of one clip.

    Attributes:
        kind: see `inference.baseline_request`.
        people: name and baseline of each person of the clip by id; persons without a baseline are absent.
        about: further plain values for the summary, such as the stretch of rest.
        warnings: sentences a user should read.
        probabilities: of a network that was read again with each person's statistics: those of the person's rows,
            float (M, C), see `with_probabilities`. None: the offsets are taken off.
    """

    kind: str
    people: Mapping[int, tuple[str, PersonBaseline]]
    about: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    probabilities: Mapping[int, np.ndarray] | None = field(default=None, repr=False)

    def taken_off(self, timeline: Timeline) -> Timeline:
        """The timeline of the clip with its baseline columns."""
        if self.probabilities is not None:
            return with_probabilities(timeline, self.probabilities)
        return with_baseline(timeline, self.offsets)

    @property
    def offsets(self) -> dict[int, np.ndarray]:
        """The offset (C,) of each person, rounded to `OFFSET_DIGITS`."""
        return {person: one.offset.round(OFFSET_DIGITS) for person, (_, one) in self.people.items()}

    def plain(self, classes: Sequence[str]) -> dict:
        """The entry `baseline` of `summary.json`: per person what was taken off each class, and from what."""
        return {
            "kind": self.kind,
            **self.about,
            "people": {str(person): self._plain(name, one, classes) for person, (name, one) in self.people.items()},
            "warnings": list(self.warnings),
        }

    def _plain(self, name: str, one: PersonBaseline, classes: Sequence[str]) -> dict:
        about = {"name": name, "clips": one.clips, "frames": one.frames}
        if self.probabilities is None:
            about["offset"] = {
                emotion: round(float(value), OFFSET_DIGITS) for emotion, value in zip(classes, one.offset, strict=True)
            }
        return about | {
            "shares": {emotion: round(float(share), 3) for emotion, share in zip(classes, one.shares, strict=False)}
        }


def profiles_of(weights: Weights) -> np.ndarray | None:
    """The centred profiles of weights, float (C, C); None where their sidecar has none."""
    return centred_profiles(weights.profiles, weights.classes) if weights.profiles else None


def several_clips(
    kind: str, found: Sequence[Appearance], names: Sequence[str], weights: Weights, told_by: str = ""
) -> dict[str, ClipBaseline]:
    """The baseline of the persons of each clip, from all clips.

    Args:
        kind: `collection` or `people`.
        found: the appearances in all clips, of each clip the person first who is seen in most frames.
        names: the person of each appearance.
        weights: that made the predictions.
        told_by: how persons were told apart, for the summary.

    Returns:
        By clip.

    Raises:
        EmoError: a face in fewer than two clips.
    """
    clips = list(dict.fromkeys(one.clip for one in found))
    if len(clips) < 2:
        raise EmoError(
            f"baseline {kind!r}: expected at least two clips with a face, found {len(clips)}; give more clips of the "
            "same people, or a stretch of rest: rest:A-B"
        )
    logs, frames = np.stack([one.log_mean for one in found]), [one.frames for one in found]
    people = estimate_baselines(kind, logs, names, frames, profiles_of(weights))
    about = {"weights_sha256": weights.sidecar["sha256"]}
    baselines = {}
    for clip in clips:
        own = [(one.person_id, name) for one, name in zip(found, names, strict=True) if one.clip == clip]
        shown = {person: (name if kind == PEOPLE else "", people[name]) for person, name in own}
        warnings = dict.fromkeys(one.warning for _, one in shown.values() if one.warning)
        named = {"told_by": told_by, "subject": own[0][1]} if kind == PEOPLE else {}
        baselines[clip] = ClipBaseline(kind, shown, named | about, tuple(warnings))
    return baselines


def rest_of_clip(clip: str, timeline: Timeline, request: BaselineRequest, weights: Weights) -> ClipBaseline:
    """The baseline of the persons of a clip from a stretch of it in which they are at rest.

    Raises:
        EmoError: the stretch is not within the clip, or holds no face.
        WeightsError: the sidecar of the weights lacks what a neutral face looks like to them.
    """
    end_s = float(timeline.table["time_s"].max()) if len(timeline.table) else 0.0
    times_s = timeline.table["time_s"].drop_duplicates()
    last_s = end_s + (float(times_s.diff().median()) if len(times_s) > 1 else 0.0)
    stretch = request.start_s, request.end_s
    if request.end_s > last_s + 1e-6:
        raise EmoError(
            f"{clip}: baseline rest: expected a stretch within the clip, 0 to {last_s:.2f} s, found {request.stretch}"
        )
    people, without = {}, []
    for person in timeline.people:
        logs = person_log_means(timeline, person, stretch)
        if logs is None:
            without.append(person)
        else:
            people[person] = ("", at_rest(*logs, weights))
    if not people:
        faces = timeline.faces["time_s"]
        where = f"faces are seen from {faces.min():.2f} to {faces.max():.2f} s" if len(faces) else "the clip has none"
        raise EmoError(
            f"{clip}: baseline rest: expected a face from {request.stretch}, found none; {where}; give a stretch "
            "in which the face is seen at rest"
        )
    warnings = tuple(
        f"person {person} is not seen from {request.stretch}: no baseline is taken off" for person in without
    )
    about = {"stretch_s": list(stretch), "weights_sha256": weights.sidecar["sha256"]}
    return ClipBaseline(request.kind, people, about, warnings)


def at_rest(log_mean: np.ndarray, frames: int, weights: Weights) -> PersonBaseline:
    """The baseline of a person whose face at rest has this mean log-probability (C,), over this many frames.

    Raises:
        WeightsError: the sidecar of the weights lacks what a neutral face looks like to them.
    """
    profiles = profiles_of(weights)
    if profiles is None or NEUTRAL not in weights.classes:
        raise WeightsError(
            f"{weights.name}: a baseline of rest needs `profiles` with {NEUTRAL!r} in the sidecar of the weights, what "
            "a neutral face looks like to them; train and export them again, or use the baseline collection or people"
        )
    return PersonBaseline(rest_offset(log_mean, profiles, weights.classes.index(NEUTRAL)), 1, frames)


@dataclass(frozen=True)
class FileBaseline:
    """The baseline of one person, from another clip of that person at rest or from a saved summary."""

    person: PersonBaseline
    about: Mapping[str, Any]

    def of_clip(self, kind: str, timeline: Timeline) -> ClipBaseline:
        """This baseline for the person who is seen in most frames of a clip; other persons get none."""
        seen = [one.person_id for one in appearances("", timeline)]
        warnings = ()
        if len(seen) > 1:
            others = ", ".join(map(str, sorted(seen[1:])))
            what = f"{counted(len(seen) - 1, 'person', 'persons')} ({others})"
            warnings = (f"the baseline is of one person and taken off person {seen[0]} alone; {what} without",)
        return ClipBaseline(kind, dict.fromkeys(seen[:1], ("", self.person)), self.about, warnings)


def file_at_rest(path: Path, timeline: Timeline, sha256: str, weights: Weights) -> FileBaseline:
    """The baseline from a clip or picture of one person at rest: the person who is seen in most frames of it.

    Raises:
        EmoError: there is no face in it.
        WeightsError: the sidecar of the weights lacks what a neutral face looks like to them.
    """
    found = appearances(path.name, timeline)
    if not found:
        raise EmoError(f"baseline {path}: expected the face of a person at rest, found no face; give another clip")
    return FileBaseline(at_rest(found[0].log_mean, found[0].frames, weights), _about(path, sha256, weights))


def saved_baseline(path: Path, sha256: str, weights: Weights, prior: str) -> FileBaseline:
    """The baseline of the first person of a `summary.json`.

    Raises:
        EmoError: not such a file, one without a baseline, or one of other weights or another prior.
    """
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        prior_then, baseline = summary["prior"], summary["baseline"] or {}
        saved = next(iter(baseline.get("people", {}).values()), None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EmoError(f"baseline {path}: expected the summary.json of an analysed clip ({error!r})") from None
    if saved is None:
        raise EmoError(f"baseline {path}: this clip was analysed without a baseline; give a clip, or another summary")
    if "offset" not in saved:
        raise EmoError(
            f"baseline {path}: expected one that can be taken off another clip, found one of a network that reads all "
            "clips of a person together; give these clips and --baseline people"
        )
    if baseline["weights_sha256"] != weights.sidecar["sha256"] or prior_then != prior:
        raise EmoError(
            f"baseline {path}: expected one made with the weights {weights.name} and the prior {prior}, found other "
            f"weights or the prior {prior_then}; analyse that clip again with these"
        )
    offset = np.array([saved["offset"][emotion] for emotion in weights.classes], float)
    shares = np.array([saved["shares"][emotion] for emotion in weights.classes] if saved["shares"] else [], float)
    person = PersonBaseline(offset, saved["clips"], saved["frames"], shares)
    return FileBaseline(person, _about(path, sha256, weights))


def _about(path: Path, sha256: str, weights: Weights) -> dict:
    return {"file": path.name, "sha256": sha256, "weights_sha256": weights.sidecar["sha256"]}
