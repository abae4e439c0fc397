"""MEAD: actors speak in eight emotions at three levels, filmed from seven sides at once.

K. Wang et al., "MEAD: A Large-scale Audio-visual Dataset for Emotional Talking-face Generation", ECCV 2020. The layout:
`M003/video/front/angry/level_1/001.mp4`: person (M or W and three digits), view, emotion, level, sentence.
"""

from collections.abc import Iterable
from pathlib import Path

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip
from emo_utils.suffixes import VIDEO_SUFFIXES

VIEWS = ("front", "left_30", "left_60", "right_30", "right_60", "top", "down")
LEVELS = {"level_1": "weak", "level_2": "medium", "level_3": "strong"}
DEPTH = 6
"""Parts of a path from the person's folder on: person, `video`, view, emotion, level, file."""


@corpora.register("mead")
class Mead(Corpus):
    """MEAD, one clip per person, view, emotion, level and sentence.

    Args:
        root: the folder with the people's folders; by default `<EMO_DATA_DIR>/raw/mead`.
        views: some of `VIEWS`; by default the front alone. The views of a sentence are the same moment.
    """

    facts = Facts(
        name="mead",
        title="MEAD",
        labels={
            "angry": "anger",
            "contempt": "contempt",
            "disgusted": "disgust",
            "fear": "fear",
            "happy": "happiness",
            "neutral": "neutral",
            "sad": "sadness",
            "surprised": "surprise",
        },
        licence="for non-commercial research, by the terms of its page; not to be passed on",
        citation="Wang et al., ECCV 2020",
        homepage="https://wywu.github.io/projects/MEAD/MEAD.html",
        obtain="Ask its authors' page for it (homepage), and unpack each person's video.tar there as M003/video/...",
        notes="Acted, the people speak throughout. Neutral has one level. Views of one sentence show the same moment; "
        "a split by person keeps them together.",
    )

    def __init__(self, root: Path | str | None = None, views: Iterable[str] = ("front",)):
        super().__init__(root)
        self.views = (views,) if isinstance(views, str) else tuple(views)
        if not self.views or not set(self.views) <= set(VIEWS):
            raise CorpusError(f"MEAD: expected views of {', '.join(VIEWS)}; found {self.views or 'none'}")

    def index(self) -> list[Clip]:
        """One clip per video of the selected views; see the base class."""
        found = [(path, self._fields(path)) for path in find_files(self.root, VIDEO_SUFFIXES)]
        clips = [self._clip(path, *fields) for path, fields in found if fields[1] in self.views]
        if not clips:
            raise self._absent(f"clips like M003/video/{self.views[0]}/angry/level_1/001.mp4")
        return in_order(clips)

    def _fields(self, path: Path) -> tuple[str, str, str, str, str]:
        """Person, view, emotion, level and sentence."""
        parts = path.relative_to(self.root).parts[-DEPTH:]
        if len(parts) < DEPTH or parts[1] != "video" or parts[2] not in VIEWS or parts[4] not in LEVELS:
            raise CorpusError(f"{path}: expected a path like M003/video/front/angry/level_1/001.mp4 below {self.root}; "
                              "move the file away, or give the folder of the people as root")  # fmt: skip
        return parts[0], parts[2], parts[3], parts[4], path.stem

    def _clip(self, path: Path, person: str, view: str, label: str, level: str, sentence: str) -> Clip:
        emotion = self.facts.emotion(label)
        clip_id = "_".join((person, view, label, level, sentence))
        return Clip(clip_id, path, self.name, person, emotion, None if emotion == "neutral" else LEVELS[level])
