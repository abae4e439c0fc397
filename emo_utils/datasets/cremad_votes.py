"""The votes of CREMA-D's raters who saw the face without sound, from either of the two tables of the publication.

`summaryTable.csv` names the winner of each clip, or several with `:` between them. `tabulatedVotes.csv` holds the
counts behind it: three rows a clip, numbered 1xxxxx (voice), 2xxxxx (face), 3xxxxx (both).
"""

import csv
from pathlib import Path

from emo_utils.errors import CorpusError

LETTERS = {"A": "anger", "D": "disgust", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness"}
SUMMARY, COUNTS = "summaryTable.csv", "tabulatedVotes.csv"
PLACES = ("", "processedResults")
FACE_ROWS = "2"
"""First digit of the row numbers of `tabulatedVotes.csv` that count the face alone."""


def find_votes_table(place: Path) -> Path:
    """The table of votes at `place`, a file or a folder; the counts where both are there.

    Raises:
        CorpusError: there is none.
    """
    if place.is_file():
        return place
    for name in (COUNTS, SUMMARY):
        for folder in PLACES:
            if (place / folder / name).is_file():
                return place / folder / name
    raise CorpusError(
        f"CREMA-D: expected {SUMMARY} or {COUNTS} in {place} or its folder processedResults; copy it there from the "
        "project's repository, or give its path as votes="
    )


def read_winners(table: Path) -> dict[str, tuple[str, ...]]:
    """Clip id to the emotion most raters saw in the face, or several on a tie."""
    if _has_counts(table):
        counts = _face_counts(table)
        return {clip: tuple(e for e, n in votes.items() if n == max(votes.values())) for clip, votes in counts.items()}
    rows = _read(table, ("FileName", "FaceVote"))
    return {row["FileName"]: tuple(_emotion(table, letter) for letter in row["FaceVote"].split(":")) for row in rows}


def read_distributions(table: Path, classes: tuple[str, ...]) -> dict[str, list[float]]:
    """Clip id to the share of votes per class; from the summary, the winners' equal shares."""
    if _has_counts(table):
        counts = _face_counts(table)
        return {clip: [votes[c] / sum(votes.values()) for c in classes] for clip, votes in counts.items()}
    winners = read_winners(table)
    return {clip: [(c in best) / len(best) for c in classes] for clip, best in winners.items()}


def _face_counts(table: Path) -> dict[str, dict[str, int]]:
    rows = _read(table, ("", "fileName", *LETTERS))
    faces = (row for row in rows if row[""].startswith(FACE_ROWS))
    counts = {row["fileName"]: {emotion: int(row[letter]) for letter, emotion in LETTERS.items()} for row in faces}
    empty = [clip for clip, votes in counts.items() if not any(votes.values())]
    if empty or not counts:
        raise CorpusError(f"{table}: expected votes for the face of every clip, found none for {empty[:1] or 'any'}")
    return counts


def _has_counts(table: Path) -> bool:
    return "numResponses" in _header(table)


def _header(table: Path) -> list[str]:
    with table.open(newline="", encoding="utf-8-sig") as file:
        return next(csv.reader(file), [])


def _read(table: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    missing = [column for column in columns if column not in _header(table)]
    if missing:
        raise CorpusError(f"{table}: expected the columns {', '.join(columns)}; missing: {', '.join(missing)}")
    with table.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def _emotion(table: Path, letter: str) -> str:
    if letter not in LETTERS:
        raise CorpusError(f"{table}: {letter!r} is not a vote; known: {', '.join(LETTERS)}")
    return LETTERS[letter]
