"""Javanese acted emotional speech: ten people speak four sentences in six emotions, filmed from the front, with sound.

GitHub 2black0/video-emotion-recognition-javanese; the key of the names is in the same author's
2black0/sound-emotion-recognition-javanese. The layout: `clips/AA-BB-CC_DD.mp4`, in any folders: person, sentence,
emotion, take. 240 clips of 51 to 241 frames at 29.97 frames a second, 360x270, one face each.
"""

import re
from pathlib import Path

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip
from emo_utils.suffixes import VIDEO_SUFFIXES

NAME = re.compile(r"(\d\d)-(\d\d)-(\d\d)_(\d\d)")
PEOPLE = 10
CLIPS = 240
"""Of the publication: 10 people, 4 sentences, 6 emotions, one take."""


def subject(number: int) -> str:
    """Subject id of a person."""
    return f"person_{number:02}"


@corpora.register("javanese")
class Javanese(Corpus):
    """Javanese acted emotional speech; one clip per person, sentence, emotion and take."""

    facts = Facts(
        name="javanese",
        title="Javanese acted emotional speech",
        labels={
            "01": "neutral",
            "02": "sadness",
            "03": "happiness",
            "04": "surprise",
            "05": "fear",
            "06": "anger",
        },
        licence="none is named by the repository of the videos (its key is MIT): for tests and measuring only",
        citation="GitHub 2black0/video-emotion-recognition-javanese, 2022",
        homepage="https://github.com/2black0/video-emotion-recognition-javanese",
        obtain="Clone the repository of its homepage, and set JAVANESE_ROOT in .env to it.",
        person_folds=tuple((subject(number),) for number in range(1, PEOPLE + 1)),
        notes="Acted. The people speak throughout, and some act weakly. Each says the same four sentences in every "
        "emotion. Ten people: intervals over people are wide.",
    )

    def published_count(self) -> int:
        """Clips of the publication."""
        return CLIPS

    def index(self) -> list[Clip]:
        """One clip per file; see the base class."""
        files = find_files(self.root, VIDEO_SUFFIXES)
        if not files:
            raise self._absent("videos like clips/01-02-03_01.mp4")
        return in_order(self._clip(path) for path in files)

    def _clip(self, path: Path) -> Clip:
        match = NAME.fullmatch(path.stem)
        if not match:
            raise CorpusError(f"{path}: expected a name like 01-02-03_01.mp4 (person, sentence, emotion, take); "
                              "move the file away")  # fmt: skip
        return Clip(path.stem, path, self.name, subject(int(match[1])), self.facts.emotion(match[3]))
