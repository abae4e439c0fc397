"""Tell people apart across clips: by a pattern in the names of the files, by faces, or each clip for itself."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.faces.identity import name_people
from emo_utils.faces.tracklets import Tracklet
from emo_utils.file_names import as_text
from emo_utils.inference.baseline_request import subject_pattern
from emo_utils.inference.baseline_timeline import Appearance

BY_SUBJECT, BY_FACE, BY_CLIP = "name of the file", "face", "clip"
"""How persons are told apart across clips."""


def subject_of(path: Path, pattern: re.Pattern[str]) -> str:
    """The person that a pattern finds in a file's name without its ending, or else in the name of its folder.

    Raises:
        EmoError: it finds none.
    """
    match = pattern.search(as_text(path.stem)) or pattern.search(as_text(path.absolute().parent.name))
    if not match or not match.group(1):
        raise EmoError(
            f"subject {pattern.pattern!r}: expected a person in the name of every clip or its folder, found none for "
            f"{as_text(path.name)}; its first group must match the part of the name that tells people apart"
        )
    return match.group(1)


def subjects_of(paths: Sequence[Path], pattern: str) -> list[str]:
    """The person of each file; see `subject_of`. Checked before the first clip is read."""
    compiled = subject_pattern(pattern)
    return [subject_of(path, compiled) for path in paths]


def named_by_subject(found: Sequence[Appearance], subjects: Mapping[str, str]) -> list[str]:
    """The person of each appearance: the subject of the clip for the person who is seen in most frames of it.

    Args:
        found: in the order of `inference.baseline_timeline.appearances` within each clip.
        subjects: the person that the name of each clip gives.
    """
    first = {one.clip: one.person_id for one in reversed(found)}
    return [subjects[one.clip] if first[one.clip] == one.person_id else _alone(one) for one in found]


def named_by_face(found: Sequence[Appearance], vectors: Mapping[tuple[str, int], np.ndarray]) -> list[str]:
    """The person of each appearance, by the embeddings of the faces; one without an embedding is a person of its own.

    The rule is that of a single clip (`faces.identity`): two people of one clip are never one person.

    Args:
        found: the appearances.
        vectors: embedding float32 (D,) by clip and person id.
    """
    known = [one for one in found if (one.clip, one.person_id) in vectors]
    clips = {clip: number for number, clip in enumerate(dict.fromkeys(one.clip for one in found))}
    tracklets = []
    for number, one in enumerate(known):
        clip, vector = clips[one.clip], vectors[one.clip, one.person_id]
        tracklets.append(Tracklet(number, number, clip, 0.0, clip, 0.0, one.frames, vector, 1.0))
    person_of = name_people(tracklets).person_of if tracklets else {}
    numbers = {(one.clip, one.person_id): person_of[number] for number, one in enumerate(known)}
    return [
        f"recognised person {numbers[one.clip, one.person_id]}" if (one.clip, one.person_id) in numbers else _alone(one)
        for one in found
    ]


def named_by_clip(found: Sequence[Appearance]) -> list[str]:
    """Each person of each clip as a person of their own."""
    return [_alone(one) for one in found]


def _alone(one: Appearance) -> str:
    return f"{one.clip}, person {one.person_id}"
