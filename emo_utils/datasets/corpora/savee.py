"""SAVEE: four English speakers, seven emotions, 120 sentences each; 480 clips of picture and sound.

S. Haq, P. J. B. Jackson, "Speaker-dependent audio-visual emotion recognition", AVSP 2009. The layout:
`AudioVisualClip/DC/a1.avi`: speaker, then emotion (a, d, f, h, n, sa, su) and sentence.
"""

import re
from pathlib import Path

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip
from emo_utils.suffixes import SOUND_SUFFIXES, VIDEO_SUFFIXES

NAME = re.compile(r"(?:(DC|JE|JK|KL)_)?(sa|su|[adfhn])(\d{1,2})")
SPEAKERS = ("DC", "JE", "JK", "KL")
CLIPS = 480
"""Of the publication: 15 sentences an emotion and 30 neutral ones, of each speaker."""


@corpora.register("savee")
class Savee(Corpus):
    """SAVEE, one clip per speaker, emotion and sentence; the folds of the literature leave one speaker out."""

    facts = Facts(
        name="savee",
        title="SAVEE",
        labels={
            "a": "anger",
            "d": "disgust",
            "f": "fear",
            "h": "happiness",
            "n": "neutral",
            "sa": "sadness",
            "su": "surprise",
        },
        licence="for research, after registration with the University of Surrey; not to be passed on",
        citation="Haq & Jackson, AVSP 2009",
        homepage="http://kahlan.eps.surrey.ac.uk/savee/",
        obtain="Ask its authors for it (homepage), and put the folder AudioVisualClip there.",
        person_folds=tuple((speaker,) for speaker in SPEAKERS),
        notes="Acted, by four men who speak. Markers are painted on their faces. Four people: intervals over people "
        "say little.",
    )

    def published_count(self) -> int:
        """Clips of the publication."""
        return CLIPS

    def index(self) -> list[Clip]:
        """One clip per video; see the base class."""
        files = find_files(self.root, VIDEO_SUFFIXES)
        if not files and (sounds := find_files(self.root, SOUND_SUFFIXES)):
            raise CorpusError(
                f"SAVEE: {self.root} holds sound only ({len(sounds)} files like {sounds[0].name}), the part AudioData. "
                f"The pictures are in AudioVisualClip. {self.facts.obtain}"
            )
        if not files:
            raise self._absent("clips like AudioVisualClip/DC/a1.avi")
        return in_order(self._clip(path) for path in files)

    def _clip(self, path: Path) -> Clip:
        match = NAME.fullmatch(path.stem)
        speaker = match and (match[1] or path.parent.name)
        if not match or speaker not in SPEAKERS:
            raise CorpusError(f"{path}: expected a name like DC/a1.avi (speaker, emotion, sentence), of the speakers "
                              f"{', '.join(SPEAKERS)}; rename it or move it away")  # fmt: skip
        clip_id = f"{speaker}_{match[2]}{int(match[3]):02}"
        return Clip(clip_id, path, self.name, speaker, self.facts.emotion(match[2]))
