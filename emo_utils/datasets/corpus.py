"""Interface of a corpus: metadata, download, index of clips, and data card.

A new corpus is one file of `datasets.corpora`: a subclass of `Corpus` with `facts` and `index()`, registered under its
name. A corpus of still faces is a `FaceCorpus`, which has `load()` too.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from emo_utils.datasets.card import Card
from emo_utils.datasets.facts import Facts
from emo_utils.errors import CorpusError
from emo_utils.settings import load_settings
from emo_utils.structures import Clip, FaceImages

PARTS = ("train", "validation", "test")


class Corpus(ABC):
    """A corpus on this machine.

    Args:
        root: the folder with its files; by default what `<NAME>_ROOT` says in the settings, else
            `<EMO_DATA_DIR>/raw/<name>`.
    """

    facts: ClassVar[Facts]

    def __init__(self, root: Path | str | None = None):
        settings = load_settings()
        own = settings.corpus_roots.get(self.facts.name, settings.data_dir / "raw" / self.facts.name)
        self.root = Path(root) if root else own

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self.facts.name

    @property
    def classes(self) -> tuple[str, ...]:
        """Canonical emotions, in the corpus's own order."""
        return self.facts.classes

    @property
    def licence(self) -> str:
        """Under which terms the files may be used."""
        return self.facts.licence

    @property
    def citation(self) -> str:
        """The publication to name."""
        return self.facts.citation

    @property
    def synthetic(self) -> bool:
        """Whether its clips were made by a program."""
        return self.facts.synthetic

    @abstractmethod
    def index(self) -> list[Clip]:
        """Every clip once, in the same order on every machine.

        Raises:
            CorpusError: the files are absent (the message says how to get them), or not in the official layout.
        """

    def fetch(self, progress: bool = True) -> Path:
        """Bring the files to `root` and return it; what is there already is not fetched again.

        Raises:
            CorpusError: this corpus is not offered for download; the message says how to get it.
            AssetError: it cannot be fetched, or a file has the wrong hash.
        """
        raise CorpusError(f"{self.facts.title} cannot be downloaded by a program. {self.facts.obtain}")

    def passed_over(self) -> list[Path]:
        """Files at `root` that `index` has no use for, where a user should know of them."""
        return []

    @classmethod
    def clip_named(cls, name: str) -> Clip | None:
        """The clip of a file's name, for corpora whose names say person and label; None for all others.

        The clip's file need not be on this machine.

        Raises:
            CorpusError: the corpus names its clips so, and this is no such name.
        """
        return None

    def published_count(self) -> int | None:
        """How many clips the publication promises for what was selected; None where it is not fixed."""
        return None

    def card(self) -> Card:
        """What this corpus is and what of it is on this machine; shown by a notebook as a table."""
        try:
            clips, absent = self.index(), None
        except CorpusError as error:
            clips, absent = [], str(error)
        counts = dict.fromkeys(self.classes, 0)
        for clip in clips:
            counts[clip.emotion] = counts.get(clip.emotion, 0) + 1
        people = len({clip.subject_id for clip in clips}) if self.facts.people_known else None
        return Card(self.facts, counts, people, self.published_count(), absent)

    def _repr_html_(self) -> str:
        return self.card()._repr_html_()

    def _absent(self, expected: str) -> CorpusError:
        """The error of an index that finds nothing."""
        found = "which holds none" if self.root.exists() else "which does not exist"
        return CorpusError(
            f"{self.facts.title}: expected {expected} in {self.root}, {found}. {self.facts.obtain} Another folder can "
            "be given as root="
        )


class FaceCorpus(Corpus):
    """A corpus of still faces with a published split, which fits into memory.

    Attributes:
        rules: how votes can become labels, for a corpus of votes; it is made with `rule=`, one of these.
        rule: the one in use; None where the corpus has labels of its own.
    """

    rules: ClassVar[tuple[str, ...]] = ()
    rule: str | None = None

    @abstractmethod
    def load(self, split: str) -> FaceImages:
        """Read one part of the published split, one of `PARTS`.

        Raises:
            CorpusError: there is no such part, or the files are absent or not in the official layout.
        """


def find_files(root: Path, suffixes: Iterable[str]) -> list[Path]:
    """Files under `root` with one of the suffixes (lower case), sorted; see `all_files`."""
    suffixes = frozenset(suffixes)
    return [path for path in all_files(root) if path.suffix.lower() in suffixes]


def all_files(root: Path) -> list[Path]:
    """Files under `root`, also in linked folders, sorted; what systems leave behind is passed over.

    A folder that is reached twice, as by a link back to where it is from, is searched once.
    """
    found, seen = [], set()
    for folder, inner, names in os.walk(root, followlinks=True):
        identity = (os.stat(folder).st_dev, os.stat(folder).st_ino)
        if identity in seen:
            inner.clear()
            continue
        seen.add(identity)
        inner.sort()
        found += [path for name in names if (path := Path(folder, name)).is_file()]
    return sorted(path for path in found if not _is_debris(path.relative_to(root)))


def _is_debris(path: Path) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def in_order(clips: Iterable[Clip]) -> list[Clip]:
    """Clips sorted by id.

    Raises:
        CorpusError: two clips have the same id.
    """
    seen: dict[str, Clip] = {}
    for clip in clips:
        if clip.clip_id in seen:
            raise CorpusError(
                f"{clip.corpus}: {seen[clip.clip_id].path} and {clip.path} are the same clip {clip.clip_id!r}; keep one"
            )
        seen[clip.clip_id] = clip
    return [seen[clip_id] for clip_id in sorted(seen)]
