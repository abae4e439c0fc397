"""The data card of a corpus: description, number of clips on this machine, licence."""

from dataclasses import dataclass
from html import escape

from emo_utils.datasets.facts import Facts


@dataclass(frozen=True)
class Card:
    """A corpus in one table; `str(card)` is Markdown, a notebook shows HTML.

    Attributes:
        facts: what is published.
        counts: clips on this machine per canonical emotion.
        people: how many persons are seen in them; None where the corpus does not tell.
        published: how many clips the publication promises; None where it is not fixed.
        absent: why there are no clips on this machine, and what to do; None where there are.
    """

    facts: Facts
    counts: dict[str, int]
    people: int | None
    published: int | None
    absent: str | None

    def rows(self) -> list[tuple[str, str]]:
        """What is said, as pairs of a heading and a text."""
        facts = self.facts
        mapped = ", ".join(f"{own} → {noun}" for own, noun in facts.labels.items() if own != noun)
        rows = [("clips", self._clips())]
        if not self.absent:
            rows += [("per emotion", ", ".join(f"{emotion} {count}" for emotion, count in self.counts.items()))]
            rows += [("people", "not known" if self.people is None else str(self.people))]
        rows += [("labels", mapped or "canonical already")]
        rows += [("licence", facts.licence), ("citation", facts.citation), ("homepage", facts.homepage)]
        rows += [("note", facts.notes)] if facts.notes else []
        return rows

    def _clips(self) -> str:
        published = f" (published: {self.published:,})" if self.published is not None else ""
        return f"not on this machine{published}. {self.absent}" if self.absent else f"{self.total:,}{published}"

    @property
    def total(self) -> int:
        """Clips on this machine."""
        return sum(self.counts.values())

    @property
    def title(self) -> str:
        """Title; a synthetic corpus is called so wherever it is shown."""
        return f"{self.facts.title} (SYNTHETIC)" if self.facts.synthetic else self.facts.title

    def __str__(self) -> str:
        lines = [f"### {self.title}", "", "| | |", "|---|---|"]
        return "\n".join(lines + [f"| {heading} | {_one_cell(text)} |" for heading, text in self.rows()]) + "\n"

    def _repr_html_(self) -> str:
        body = "".join(f"<tr><th>{escape(heading)}</th><td>{escape(text)}</td></tr>" for heading, text in self.rows())
        return f"<table><caption><b>{escape(self.title)}</b></caption>{body}</table>"


def _one_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
