"""A corpus in one file."""

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.structures import Clip
from emo_utils.suffixes import VIDEO_SUFFIXES


@corpora.register("newcomer")
class NewCorpus(Corpus):
    facts = Facts(
        name="newcomer",
        title="Toy faces",
        labels={"grin": "happiness", "frown": "anger"},
        licence="CC0 1.0",
        citation="nobody, 2026",
        homepage="none",
        obtain="Draw it.",
    )

    def index(self):
        files = find_files(self.root, VIDEO_SUFFIXES)
        if not files:
            raise self._absent("clips like ann_grin_1.mp4")
        return in_order(self._clip(path) for path in files)

    def _clip(self, path):
        person, label, _ = path.stem.split("_")
        return Clip(path.stem, path, self.name, person, self.facts.emotion(label))
