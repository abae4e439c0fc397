"""What the notebooks share: the corpus that a parameter names, and which pictures of faces are shown.

Faces of a real corpus are shown only where that is asked for: a notebook with outputs is easily passed on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emo_utils.datasets.corpus import Corpus, FaceCorpus
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError, RunError
from emo_utils.reports.runs.finished import FinishedRun, distinct, find_finished
from emo_utils.representations.face_sequence import image_sequence
from emo_utils.structures import Clip
from emo_utils.timeline import counted
from emo_utils.workflows.sources import Data

if TYPE_CHECKING:
    from IPython.display import Markdown
    from matplotlib.figure import Figure

REAL, SAMPLE = "javanese", "sample"
"""What the notebooks read unless told: this real corpus where it lies, else the synthetic one."""

MAKERS = {
    "stack": "05_stack_backbones.ipynb",
    "apex": "06_apex_and_frame_classifiers.ipynb",
    "sequence": "07_sequence_models.ipynb",
}
"""The notebook that trains on each representation."""


@dataclass(frozen=True)
class NotebookCorpus:
    """The corpus of a notebook.

    Attributes:
        corpus: opened.
        options: of the corpus that were given, `root` and `subject`.
        faces: whether pictures of its faces are shown.
        clips: its index; the synthetic corpus is made on the way.
    """

    corpus: Corpus
    options: dict
    faces: bool
    clips: tuple[Clip, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self.corpus.name

    @property
    def synthetic(self) -> bool:
        """Whether a program made its clips, so that figures say nothing about accuracy."""
        return self.corpus.synthetic

    @property
    def note(self) -> str:
        """Title of a chart: `SYNTHETIC faces`, or the corpus's name."""
        return "SYNTHETIC faces" if self.synthetic else self.corpus.facts.title

    def data(self, representation: str, **options) -> Data:
        """Training data of this corpus; see `workflows.sources.Data`."""
        return Data(self.name, representation, options, self.options)

    def some(self, count: int | None) -> list[Clip]:
        """At most so many clips, equally many of each emotion and spread over its people; None takes all."""
        if not count or count >= len(self.clips):
            return list(self.clips)
        own = {emotion: [] for emotion in sorted({clip.emotion for clip in self.clips})}
        for clip in self.clips:
            own[clip.emotion].append(clip)
        each = max(1, count // len(own))
        spread = {emotion: np.linspace(0, len(clips) - 1, min(each, len(clips))) for emotion, clips in own.items()}
        chosen = {own[emotion][int(row)].clip_id for emotion, rows in spread.items() for row in rows.round()}
        return [clip for clip in self.clips if clip.clip_id in chosen]

    def strip(self, pictures: Sequence[np.ndarray], titles: Sequence[str] = (), **how) -> "Figure | Markdown":
        """Pictures of faces side by side (`reports.clips.pictures.strip`), or a line that says why there are none."""
        from emo_utils.reports.clips.pictures import strip
        from emo_utils.reports.runs.overview import noted

        return self.shown(lambda: noted(strip(pictures, titles, **how), self.synthetic), len(pictures))

    def shown(self, make, pictures: int) -> "Figure | Markdown":
        """What `make` draws of faces, if they are shown, else a line that says why there are none."""
        from IPython.display import Markdown

        if pictures and self.faces:
            return make()
        if not pictures:
            return Markdown("*There is no picture to show here.*")
        return Markdown(
            f"*{counted(pictures, 'picture')} of {self.corpus.facts.title}, not shown: these are real people. "
            "`FACES = True` shows them from your own copy; do not pass such a notebook on.*"
        )


def open_corpus(
    name: str | None = None, root: Path | str | None = None, subject: str | None = None, faces: bool | None = None
) -> NotebookCorpus:
    """The corpus of a notebook.

    Args:
        name: a registered corpus; None takes `javanese` where it lies, else the synthetic `sample`.
        root: its folder; None takes the default.
        subject: for `folder`, the pattern whose first group is the person.
        faces: whether pictures of faces are shown; None shows those of a synthetic corpus alone.

    Raises:
        CorpusError: it is absent, or holds still faces that need no notebook of clips.
    """
    if name is None:
        name = REAL if corpora.create(REAL).root.is_dir() else SAMPLE
    options = {key: value for key, value in (("root", root), ("subject", subject)) if value is not None}
    try:
        corpus = corpora.create(name, **options)
    except TypeError as error:
        raise CorpusError(
            f"corpus {name!r} does not take all of {', '.join(options)} ({error}); set what it does not take to None"
        ) from None
    if isinstance(corpus, FaceCorpus):
        raise CorpusError(
            f"corpus {name!r} holds still faces, and these notebooks read clips; `emo train {name}` trains on it, and "
            f"`emo evaluate ferplus {name}` measures on it"
        )
    return NotebookCorpus(corpus, options, corpus.synthetic if faces is None else faces, tuple(corpus.index()))


def one_each(clips: Sequence[Clip]) -> dict[str, Clip]:
    """A clip of each emotion, of another person each where there is one."""
    people = sorted({clip.subject_id for clip in clips})
    found: dict[str, Clip] = {}
    for emotion in sorted({clip.emotion for clip in clips}):
        own = [clip for clip in clips if clip.emotion == emotion]
        turn = people[len(found) % len(people)]
        found[emotion] = next((clip for clip in own if clip.subject_id == turn), own[0])
    return found


def finished_runs(corpus: NotebookCorpus, data: Path | str, pattern: str = "*") -> tuple[list[FinishedRun], str]:
    """The finished runs of a corpus, each once, and which notebooks would make runs of other kinds; "" if none would.

    Args:
        corpus: of the runs.
        data: the data folder, which holds `runs/<corpus>`.
        pattern: of the folders' names.

    Raises:
        RunError: there is no finished run.
    """
    folder = Path(data) / "runs" / corpus.name
    runs = distinct(find_finished(folder, pattern))
    if not runs:
        raise RunError(
            f"{folder}: expected finished runs of {corpus.name} named {pattern!r}, found none. Run one of "
            f"{', '.join(MAKERS.values())} with CORPUS = {corpus.name!r} first, or `emo train {corpus.name}`"
        )
    kinds = {run.representation for run in runs if run.control == "none"}
    missing = [f"{kind}: {notebook}" for kind, notebook in MAKERS.items() if kind not in kinds]
    return runs, f"No run yet of {'; '.join(missing)}. What needs one says so." if missing else ""


def videos_of(clips: Sequence[Clip]) -> list[Clip]:
    """The clips that are videos; pictures have no motion.

    Raises:
        CorpusError: none is.
    """
    found = [clip for clip in clips if not image_sequence(clip)]
    if not found:
        raise CorpusError(
            f"expected videos, found {counted(len(clips), 'clip')} of pictures; notebooks 05 to 08 take them"
        )
    return found


def quick(networks: Mapping[str, Mapping], wanted: bool) -> dict[str, dict]:
    """Settings by network as they are, or with one epoch each, to see that a notebook runs."""
    return {name: {**how, **({"epochs": 1} if wanted else {})} for name, how in networks.items()}
