"""A folder of one's own: `<root>/<emotion>/*.mp4` or pictures, the person read from the path by a pattern."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emo_utils.datasets.corpus import Corpus, all_files, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.structures import Clip
from emo_utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

SYNONYMS = {
    "angry": "anger",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "scared": "fear",
    "contemptuous": "contempt",
    "happy": "happiness",
    "joy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
    "shock": "surprise",
}
"""Folder names that are read as a canonical noun; case does not matter. Any other name is an error."""

FILE_SUFFIXES = (*VIDEO_SUFFIXES, *IMAGE_SUFFIXES)


@dataclass(frozen=True)
class LabelledFile:
    """A picture or video whose folder names its emotion.

    Attributes:
        name: the path below the root, with `/`; unique.
        path: the file.
        subject_id: the person who is seen; the name where that is not known.
        emotion: one of `labels.ALL_EMOTIONS`.
    """

    name: str
    path: Path
    subject_id: str
    emotion: str

    @property
    def is_video(self) -> bool:
        """Whether it is a video, going by its name."""
        return self.path.suffix.lower() in VIDEO_SUFFIXES


@dataclass(frozen=True)
class FolderListing:
    """What a folder holds for weights of certain classes.

    Attributes:
        files: those to read, in the order of their names.
        left_out: how many files each folder holds whose emotion the weights do not name, such as `calm`.
        passed_over: how many other files there are, neither picture nor video.
    """

    files: tuple[LabelledFile, ...]
    left_out: dict[str, int]
    passed_over: int


@corpora.register("folder")
class Folder(Corpus):
    r"""Any clips or pictures, one folder per emotion, each file a clip.

    Args:
        root: the folder that holds the emotion folders; by default `<EMO_DATA_DIR>/raw/folder`.
        subject: a regular expression, searched in the path below `root` written with `/` (`happy/p07_take2.mp4`); its
            first group is the person. For instance `r"/(p\d+)_"`. It must match every file.
    """

    facts = Facts(
        name="folder",
        title="Your own folder",
        labels={emotion: emotion for emotion in ALL_EMOTIONS} | SYNONYMS,
        licence="as you hold it",
        citation="none: your own data",
        homepage="none",
        obtain="Put your files there as <emotion>/<file>, in folders named "
        f"{', '.join(ALL_EMOTIONS)} (or {', '.join(SYNONYMS)}).",
        notes="People are told apart by the pattern you give; check the count of people in this card.",
    )

    def __init__(self, root: Path | str | None = None, subject: str | None = None):
        super().__init__(root)
        self._subject = None if subject is None else _compile(subject)

    def index(self) -> list[Clip]:
        """Every video and picture of the emotion folders; see the base class."""
        files = find_files(self.root, FILE_SUFFIXES)
        if not files:
            raise self._absent("videos or pictures like happy/p01_1.mp4")
        return in_order(self._clip(path.relative_to(self.root)) for path in files)

    def listing(self, classes: Sequence[str]) -> FolderListing:
        """Every picture and video by emotion, at any depth; nothing is split, so persons need not be known.

        A folder of an emotion that is not among `classes` is left out and counted: it is no mistake, weights cannot be
        right about it. A folder that names no emotion at all is an error, since it may be a slip (`hapiness`).

        Raises:
            CorpusError: the root is missing, holds nothing to read, or holds files that no folder labels.
        """
        found = find_files(self.root, FILE_SUFFIXES) if self.root.is_dir() else []
        if not found:
            raise self._nothing_to_measure()
        paths = [path.relative_to(self.root) for path in found]
        self._refuse_unlabelled(paths)
        left_out: dict[str, int] = {}
        files = []
        for path in paths:
            emotion = self.facts.emotion(_label(path))
            if emotion in classes:
                person = path.as_posix() if self._subject is None else self._person(path.as_posix())
                files.append(LabelledFile(path.as_posix(), self.root / path, person, emotion))
            else:
                left_out[path.parts[0]] = left_out.get(path.parts[0], 0) + 1
        if not files:
            raise CorpusError(
                f"{self.root}: expected folders of {', '.join(classes)}, which is what the weights name; found "
                f"{', '.join(left_out)} alone"
            )
        return FolderListing(tuple(files), left_out, len(self.passed_over()))

    def passed_over(self) -> list[Path]:
        """Files that are neither video nor picture, by their names."""
        return [path for path in all_files(self.root) if path.suffix.lower() not in FILE_SUFFIXES]

    def _nothing_to_measure(self) -> CorpusError:
        what = "no picture or video in it" if self.root.is_dir() else "no such folder"
        return CorpusError(
            f"{self.root}: expected pictures in folders named after emotions, such as happy/p01.jpg; found {what}. "
            f"Give the folder that holds the emotion folders as --root DIR. {self.facts.obtain}"
        )

    def _refuse_unlabelled(self, paths: Sequence[Path]) -> None:
        """Raise one error that lists all files and folders without a label."""
        labels = self.facts.labels
        loose = [path.name for path in paths if len(path.parts) < 2]
        unknown = dict.fromkeys(path.parts[0] for path in paths if len(path.parts) > 1 and _label(path) not in labels)
        if not loose and not unknown:
            return
        found = [f"{len(loose)} files outside of any, such as {loose[0]}"] if loose else []
        found += [f"the folder {name}" for name in unknown]
        inside = [path for path in paths if path.parts[0] in unknown and _label(Path(*path.parts[1:])) in labels]
        advice = "Rename or move it"
        if inside:
            advice = f"Such folders are in {inside[0].parts[0]}: give --root {self.root / inside[0].parts[0]}"
        raise CorpusError(
            f"{self.root}: expected folders named {', '.join(labels)}; found {', '.join(found)}. {advice}"
        )

    def _clip(self, path: Path) -> Clip:
        if len(path.parts) < 2:
            raise CorpusError(
                f"{self.root / path}: expected the file in a folder named after its emotion. {self.facts.obtain}"
            )
        emotion = self.facts.emotion(_label(path))
        clip_id = "_".join(path.with_suffix("").parts)
        return Clip(clip_id, self.root / path, self.name, self._person(path.as_posix()), emotion)

    def _person(self, path: str) -> str:
        if self._subject is None:
            raise CorpusError(
                f"{self.root}: who is in the files is not known, so they cannot be split by person. Give a pattern "
                r"whose first group is the person, for instance subject=r'/(p\d+)_' for happy/p07_take2.mp4; the first "
                f"file here is {path}"
            )
        match = self._subject.search(path)
        if not match or not match[1]:
            raise CorpusError(
                f"{path}: the pattern {self._subject.pattern!r} finds no person in it (it is searched in the path "
                f"below {self.root}); change the pattern, or rename the file"
            )
        return match[1]


def _label(path: Path) -> str:
    """What the first folder of a path below the root says."""
    return path.parts[0].lower()


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise CorpusError(f"subject={pattern!r} is not a regular expression: {error}") from error
    if compiled.groups < 1:
        raise CorpusError(f"subject={pattern!r} has no group; put the part that names the person in ( )")
    return compiled
