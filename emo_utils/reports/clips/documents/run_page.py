"""The report of a run over many clips as one HTML file: a table of the clips that can be sorted, and their means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emo_utils.labels import ALL_EMOTIONS
from emo_utils.reports.clips.documents.content import largest_first
from emo_utils.reports.clips.documents.methods import LIMITS, methods_paragraph, settings_table, versions_table
from emo_utils.reports.clips.documents.page import render

OK = "ok"


@dataclass(frozen=True)
class ClipLine:
    """A clip in the table of a run.

    Attributes:
        name: of the file.
        status, reason: as in `manifest.csv`.
        link: the address of the clip's own report, relative to the run's; empty if there is none.
        summary: the content of `summary.json`; empty if there is none.
    """

    name: str
    status: str
    reason: str = ""
    link: str = ""
    summary: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def duration_s(self) -> float | None:
        """Of the clip; None if it was not analysed."""
        return self.summary.get("duration_s")

    @property
    def people(self) -> list[list[tuple[str, float]]]:
        """For each person the emotions and their shares, the largest first."""
        return [largest_first(person["share_of_time"]) for person in self.everyone]

    @property
    def mostly(self) -> str:
        """The dominant emotion of the person seen longest; empty if there is none."""
        longest = max(self.everyone, key=lambda person: person["seen_s"], default={})
        return longest.get("dominant_emotion") or ""

    @property
    def changes(self) -> int | None:
        """Changes of emotion of all people."""
        return sum(person["changes"] for person in self.everyone) if self.everyone else None

    @property
    def segments(self) -> int | None:
        """Segments of all people; None if they were not looked for."""
        counts = [person["segments"]["count"] for person in self.everyone if "segments" in person]
        return sum(counts) if counts else None

    @property
    def uncertain(self) -> float | None:
        """Mean share of uncertain frames over the people."""
        shares = [person["uncertain_share"] for person in self.everyone]
        return sum(shares) / len(shares) if shares else None

    @property
    def everyone(self) -> Sequence[Mapping[str, Any]]:
        """The people of the summary; where a baseline was subtracted, with the shares without it."""
        return [{**person, **(person.get("baseline") or {})} for person in self.summary.get("people", ())]


def run_page(title: str, clips: Sequence[ClipLine]) -> str:
    """The report of a run.

    Args:
        title: such as the name of the run's folder.
        clips: every clip of the manifest.
    """
    read = [clip for clip in clips if clip.summary]
    people = [person for clip in read for person in clip.everyone]
    emotions = {name for person in people for name, share in person["share_of_time"].items() if share > 0}
    about = read[0].summary if read else {}
    ways = {methods_paragraph(clip.summary, clip.summary["detector"]) for clip in read}
    facts = (
        ("clips", str(len(clips))),
        ("analysed", str(len(read))),
        ("failed", str(sum(clip.status == "failed" for clip in clips))),
        ("minutes", f"{sum(clip.duration_s or 0 for clip in read) / 60:.1f}"),
        ("people, clip by clip", str(len(people))),
    )
    return render(
        "run.html.j2",
        title=title,
        facts=facts,
        warnings=["The clips were not all analysed in one way; the paragraphs below are all of them."] if len(ways) > 1
        else [],
        clips=clips,
        clips_read=len(read),
        people=len(people),
        emotions=[name for name in ALL_EMOTIONS if name in emotions],
        means=_means(people),
        baseline=any(person.get("baseline") for person in people),
        methods="\n\n".join(sorted(ways)),
        limits=LIMITS,
        settings=settings_table(about) if len(ways) == 1 else {},
        versions=versions_table(about),
    )  # fmt: skip


def _means(people: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    totals: dict[str, float] = {}
    for person in people:
        for name, share in person["share_of_time"].items():
            totals[name] = totals.get(name, 0.0) + share / len(people)
    return largest_first(totals)
