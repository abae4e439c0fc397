"""A folder of one's own: `<root>/<emotion>/*.mp4` or pictures, the person read from the path by a pattern."""

import re
from pathlib import Path

from emo_utils.datasets.corpus import IMAGE_SUFFIXES, VIDEO_SUFFIXES, Corpus, Facts, find_files, in_order
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.structures import Clip

SYNONYMS = {
    "angry": "anger",
    "disgusted": "disgust",
    "afraid": "fear",
    "fearful": "fear",
    "happy": "happiness",
    "joy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
    "shock": "surprise",
}
"""Folder names that are read as a canonical noun; case does not matter. Any other name is an error."""


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
        files = find_files(self.root, VIDEO_SUFFIXES | IMAGE_SUFFIXES)
        if not files:
            raise self._absent("videos or pictures like happy/p01_1.mp4")
        return in_order(self._clip(path.relative_to(self.root)) for path in files)

    def _clip(self, path: Path) -> Clip:
        if len(path.parts) < 2:
            raise CorpusError(
                f"{self.root / path}: expected the file in a folder named after its emotion. {self.facts.obtain}"
            )
        emotion = self.facts.emotion(path.parts[0].lower())
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


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise CorpusError(f"subject={pattern!r} is not a regular expression: {error}") from error
    if compiled.groups < 1:
        raise CorpusError(f"subject={pattern!r} has no group; put the part that names the person in ( )")
    return compiled
