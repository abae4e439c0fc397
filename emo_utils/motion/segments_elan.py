"""Segments corrected in ELAN, read back from the tiers that the output `elan` writes.

An annotation of a tier `segments P1` is a segment of person 1. Its apex is the annotation of `apex P1` that begins in
it; without one the apex is the frame with the most probable expression. The text of an annotation is not read:
emotions are predicted again. To compare the texts with the predictions, see `emo agree`.

Source of the format: H. Brugman, A. Russel, "Annotating Multimedia / Multi-modal Resources with ELAN", LREC 2004.
"""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emo_utils.errors import MissingPackageError, SegmentsError
from emo_utils.extras import is_installed, missing

if TYPE_CHECKING:
    from pympi.Elan import Eaf

SUFFIX = ".eaf"
SEGMENT_TIER, APEX_TIER = "segments P{}", "apex P{}"
_SEGMENTS, _APEX = (re.compile(tier.replace("{}", r"(\d+)")) for tier in (SEGMENT_TIER, APEX_TIER))


def open_eaf(path: Path) -> "Eaf":
    """An ELAN file.

    Raises:
        SegmentsError: it cannot be read.
        MissingPackageError: pympi-ling is not installed.
    """
    if not is_installed("pympi"):
        raise MissingPackageError(missing(f"{path}: an ELAN file", "pympi"))
    from pympi.Elan import Eaf

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pympi warns of every version of the format but its own
            return Eaf(str(path), suppress_version_warning=True)
    except Exception as error:  # pympi raises bare Exceptions too
        raise SegmentsError(f"{path}: cannot be read as an ELAN file ({error})") from None


def clip_of(eaf: "Eaf") -> str:
    """File name of the clip that an ELAN file is about; empty where it names none."""
    for media in eaf.get_linked_files():
        url = media.get("RELATIVE_MEDIA_URL") or media.get("MEDIA_URL") or ""
        if url:
            return re.split(r"[/\\]", url)[-1]
    return ""


def read_elan_segments(path: Path) -> list[Mapping[str, Any]]:
    """The segments of an ELAN file: `row`, `clip`, `person_id`, and `seconds`, onset, apex or None, and end.

    Raises:
        SegmentsError: it has no tier of segments, or two apexes lie in one segment.
    """
    eaf = open_eaf(path)
    names = list(eaf.get_tier_names())
    people = sorted(int(found[1]) for name in names if (found := _SEGMENTS.fullmatch(name)))
    if not people:
        raise SegmentsError(
            f"{path}: expected tiers named {SEGMENT_TIER.format(1)!r} and so on, as --outputs elan writes them; found "
            f"{', '.join(names) or 'no tier'}"
        )
    clip, rows = clip_of(eaf), []
    for person in people:
        apexes = _times(eaf, APEX_TIER.format(person)) if APEX_TIER.format(person) in names else []
        for start, end in _times(eaf, SEGMENT_TIER.format(person)):
            inside = [apex for apex, _ in apexes if start <= apex < end]
            if len(inside) > 1:
                span = f"from {start:.3f} to {end:.3f} s"
                raise SegmentsError(
                    f"{path}: the segment of person {person} {span} holds {len(inside)} apexes; expected one, or none"
                )
            apex = inside[0] if inside else None
            rows.append({"row": len(rows) + 1, "clip": clip, "person_id": person, "seconds": (start, apex, end)})
    return rows


def _times(eaf: "Eaf", tier: str) -> list[tuple[float, float]]:
    """Start and end of each annotation in seconds, in time order."""
    return sorted((one[0] / 1000, one[1] / 1000) for one in eaf.get_annotation_data_for_tier(tier))
