"""The requested baseline, `AnalysisOptions.baseline`, and the pattern that finds the person of a clip in its name.

- `none`: nothing is taken off;
- `collection`: the mean of all clips of the run;
- `people`: the estimate of each person, from all clips of that person in the run;
- `rest:A-B`: the seconds A to B of each clip, in which each person is at rest;
- a file: another clip or picture of the same person at rest, or the `summary.json` of one with a baseline.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from emo_utils.errors import EmoError, UnknownNameError
from emo_utils.registry import unknown_name

NONE, COLLECTION, PEOPLE, REST, FILE = "none", "collection", "people", "rest", "file"

SAVED_SUFFIX = ".json"
"""Suffix of a file with a saved baseline."""

OF_SEVERAL = (COLLECTION, PEOPLE)
"""Kinds that need all clips of a run; the others need one clip at a time."""

_STRETCH = re.compile(r"rest:(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class BaselineRequest:
    """A requested baseline.

    Attributes:
        kind: `none`, `collection`, `people`, `rest` or `file`.
        start_s, end_s: of `rest`, the stretch on the clip's clock.
        path: of `file`; None for other kinds.
    """

    kind: str = NONE
    start_s: float = 0.0
    end_s: float = 0.0
    path: Path | None = None

    @property
    def of_several(self) -> bool:
        """Whether all clips of a run are needed."""
        return self.kind in OF_SEVERAL

    @property
    def of_each(self) -> bool:
        """Whether each clip has its own baseline: a stretch of it, or a file."""
        return self.kind in (REST, FILE)

    @property
    def stretch(self) -> str:
        """The stretch in words: "0 to 5 s"."""
        return f"{self.start_s:g} to {self.end_s:g} s"


def parse_baseline(text: str) -> BaselineRequest:
    """The request that a text makes; see the module.

    Raises:
        UnknownNameError: neither a kind nor a file.
        EmoError: a stretch that ends before it begins or is not two numbers.
    """
    if text in (NONE, *OF_SEVERAL):
        return BaselineRequest(text)
    if text == REST or text.startswith(f"{REST}:"):
        return _stretch(text)
    path = Path(text)
    if not path.is_file():
        known = (NONE, *OF_SEVERAL, "rest:A-B")
        raise UnknownNameError(
            unknown_name("baseline", text, known) + " The path of a clip of the same person at rest works too; there "
            "is no such file."
        )
    return BaselineRequest(FILE, path=path)


def _stretch(text: str) -> BaselineRequest:
    match = _STRETCH.fullmatch(text)
    start_s, end_s = map(float, match.groups()) if match else (0.0, 0.0)
    if not start_s < end_s:
        raise EmoError(
            f"baseline {text!r}: expected rest:A-B, seconds of the clip in which the face is at rest, the first before "
            "the second, such as rest:0-5 or rest:1.5-3"
        )
    return BaselineRequest(REST, start_s, end_s)


def subject_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern whose first group is the person, compiled.

    Raises:
        EmoError: not a regular expression, or one without a group.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise EmoError(f"subject {pattern!r} is not a regular expression: {error}") from error
    if not compiled.groups:
        raise EmoError(f"subject {pattern!r} has no group; put the part that names the person in ( ), such as (\\d+)_")
    return compiled
