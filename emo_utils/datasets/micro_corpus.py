"""Base class of micro-expression corpora: a coding table, with a clip or a folder of pictures per row."""

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from emo_utils.datasets.coding_tables import SPREADSHEETS, CodedExpression, read_codes
from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip
from emo_utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES


class MicroCorpus(Corpus):
    """A corpus whose clips, cut from onset to offset, are the rows of a coding table.

    Attributes:
        table: name of the table, a pattern without its suffix.
        without_emotion: labels that name no emotion; their rows are not in the index.
    """

    table: ClassVar[str]
    without_emotion: ClassVar[tuple[str, ...]]

    @abstractmethod
    def subject_of(self, coded: CodedExpression) -> str:
        """Subject id of a row."""

    @abstractmethod
    def place_of(self, coded: CodedExpression) -> Path:
        """End of the path of a row's video, without its suffix, or of its folder of pictures."""

    def coded(self) -> list[CodedExpression]:
        """Every row of the coding table, also those without an emotion.

        Raises:
            CorpusError: the table is absent, there are several, or one of its rows makes no sense.
        """
        found = [p for p in sorted(self.root.rglob(self.table)) if p.suffix.lower() in (".csv", *SPREADSHEETS)]
        if not found:
            raise self._absent(f"a coding table {self.table}.xlsx or .csv")
        if len(found) > 1:
            raise CorpusError(f"{self.root}: expected one coding table, found {found[0].name} and {found[1].name}; "
                              "keep one of them")  # fmt: skip
        return read_codes(found[0])

    def index(self) -> list[Clip]:
        """One clip per row whose label is an emotion; see the base class."""
        files: dict[tuple[str, str], list[Path]] = {}
        for path in find_files(self.root, (*VIDEO_SUFFIXES, *IMAGE_SUFFIXES)):
            video = path.suffix.lower() in VIDEO_SUFFIXES
            place = path.with_suffix("") if video else path.parent
            files.setdefault((place.parent.name, place.name), []).append(path)
        rows = [coded for coded in self.coded() if coded.label not in self.without_emotion]
        return in_order(self._clip(coded, files.get(self.place_of(coded).parts[-2:], [])) for coded in rows)

    def people(self) -> tuple[str, ...]:
        """Ids of the people in the index. With this number of folds by person, each fold leaves one subject out."""
        return tuple(sorted({clip.subject_id for clip in self.index()}))

    def _clip(self, coded: CodedExpression, files: list[Path]) -> Clip:
        place, subject = self.place_of(coded), self.subject_of(coded)
        if not files:
            raise CorpusError(
                f"{self.facts.title}, row {coded.row} of its coding table: expected {place}.avi or pictures in "
                f"{place}/ under {self.root}, found neither"
            )
        emotion = self.facts.emotion(coded.label)
        videos = [path for path in files if path.suffix.lower() in VIDEO_SUFFIXES]
        pictures = () if videos else tuple(sorted(files, key=_frame_number))
        first = videos[0] if videos else pictures[0]
        return Clip(f"{subject}_{coded.clip}", first, self.name, subject, emotion, frames=pictures)


def _frame_number(path: Path) -> tuple[int, str]:
    digits = "".join(c if c.isdecimal() else " " for c in path.stem).split()
    return int(digits[-1]) if digits else 0, path.name
