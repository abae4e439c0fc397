"""CREMA-D: 91 actors say twelve sentences in six emotions; 7,442 clips, each rated by about ten people per modality.

H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova, R. Verma, "CREMA-D: Crowd-sourced Emotional Multimodal
Actors Dataset", IEEE Trans. Affective Computing 5(4), 2014. The layout: `VideoFlash/1001_DFA_ANG_XX.flv`: actor,
sentence, acted emotion, level (LO, MD, HI, or XX where none was asked for); votes in `processedResults/`.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import requests
from tqdm import tqdm

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.cremad_votes import find_votes_table, read_distributions, read_winners
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.download import TIMEOUT_S, download
from emo_utils.errors import AssetError, CorpusError
from emo_utils.structures import Clip
from emo_utils.suffixes import SOUND_SUFFIXES, VIDEO_SUFFIXES

REPOSITORY = "CheyneyComputerScience/CREMA-D/master"
POINTERS = f"https://raw.githubusercontent.com/{REPOSITORY}"
"""Small files as they are, and the pointers of large ones: each holds the SHA-256 of its file (Git LFS)."""
MEDIA = f"https://media.githubusercontent.com/media/{REPOSITORY}"

CLIPS = 7442
LEVEL = {"LO": "low", "MD": "medium", "HI": "high", "XX": None}
NAME = re.compile(r"(\d{4})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX)")
FOLDS = ((1001, 1018), (1019, 1036), (1037, 1054), (1055, 1072), (1073, 1091))
"""First and last actor of the five folds used in the literature."""
DOWNLOADS_AT_ONCE = 4


def subject(actor: int | str) -> str:
    """Subject id of an actor."""
    return f"actor_{actor}"


@corpora.register("cremad")
class CremaD(Corpus):
    """CREMA-D, the clips with pictures.

    Args:
        root: the folder with its files, for instance a clone of the project's repository; by default
            `<EMO_DATA_DIR>/raw/cremad`.
        labels: `acted` (what the actor was asked for, from the file's name) or `face` (what most raters saw in the
            picture without sound; clips without one winner are left out).
        votes: `summaryTable.csv` or `tabulatedVotes.csv`, or a folder that holds one; by default looked for in `root`.
    """

    facts = Facts(
        name="cremad",
        title="CREMA-D",
        labels={
            "ANG": "anger",
            "DIS": "disgust",
            "FEA": "fear",
            "HAP": "happiness",
            "NEU": "neutral",
            "SAD": "sadness",
        },
        licence="Open Database License 1.0; contents: Database Contents License 1.0",
        citation="Cao et al., IEEE Trans. Affective Computing 5(4), 2014",
        homepage="https://github.com/CheyneyComputerScience/CREMA-D",
        obtain="Run `emo fetch cremad`, or clone the project's repository there with Git LFS.",
        person_folds=tuple(tuple(subject(actor) for actor in range(a, b + 1)) for a, b in FOLDS),
        notes="Acted. Raters who saw the face alone often disagree with the acted label; labels='face' takes theirs.",
    )

    def __init__(self, root: Path | str | None = None, labels: str = "acted", votes: Path | str | None = None):
        super().__init__(root)
        if labels not in ("acted", "face"):
            raise CorpusError(f"CREMA-D: expected labels='acted' or 'face', found {labels!r}")
        self.labels = labels
        self._votes = Path(votes) if votes else self.root

    def published_count(self) -> int | None:
        """All clips; fewer with the raters' labels, where ties are left out."""
        return CLIPS if self.labels == "acted" else None

    def index(self) -> list[Clip]:
        """One clip per video file; see the base class."""
        files = find_files(self.root, VIDEO_SUFFIXES)
        if not files:
            self._refuse_sound()
            raise self._absent("clips like VideoFlash/1001_DFA_ANG_XX.flv")
        _refuse_pointers(files)
        clips = in_order(self._clip(path) for path in files)
        return clips if self.labels == "acted" else self._with_face_labels(clips)

    @classmethod
    def clip_named(cls, name: str) -> Clip:
        """The clip of a name such as `1001_DFA_ANG_XX`, with the acted emotion, whether or not its file is here.

        Args:
            name: of a file, with or without folders and ending.

        Returns:
            A clip whose path is the name of the file alone.

        Raises:
            CorpusError: it is no name of a clip.
        """
        if not NAME.fullmatch(Path(name).stem):
            raise CorpusError(f"CREMA-D, {name!r}: expected a name like 1001_DFA_ANG_XX")
        return cls._clip(Path(f"{Path(name).stem}.flv"))

    @classmethod
    def _clip(cls, path: Path) -> Clip:
        match = NAME.fullmatch(path.stem)
        if not match:
            raise CorpusError(f"{path}: expected a name like 1001_DFA_ANG_XX.flv; move the file away")
        actor, _, emotion, level = match.groups()
        return Clip(path.stem, path, cls.facts.name, subject(actor), cls.facts.emotion(emotion), LEVEL[level])

    def _with_face_labels(self, clips: list[Clip]) -> list[Clip]:
        """The clips on which the raters of the face agree, with their label."""
        winners = read_winners(find_votes_table(self._votes))
        self._refuse_unrated(clips, winners)
        return [
            Clip(clip.clip_id, clip.path, clip.corpus, clip.subject_id, winners[clip.clip_id][0], clip.intensity)
            for clip in clips
            if len(winners[clip.clip_id]) == 1
        ]

    def soft_labels(self, clips: list[Clip]) -> np.ndarray:
        """Soft labels by the raters of the faces: float32 (N, 6), a distribution over `classes` per clip.

        From `tabulatedVotes.csv` it is the share of votes. `summaryTable.csv` names the winners alone: then a clip
        with one winner is one-hot, and a tie is shared equally.

        Raises:
            CorpusError: there is no table of votes, or it lacks a clip.
        """
        distributions = read_distributions(find_votes_table(self._votes), self.classes)
        self._refuse_unrated(clips, distributions)
        rows = [distributions[clip.clip_id] for clip in clips]
        return np.array(rows, np.float32).reshape(len(clips), len(self.classes))

    def _refuse_unrated(self, clips: list[Clip], known: dict) -> None:
        unrated = [clip.clip_id for clip in clips if clip.clip_id not in known]
        if unrated:
            raise CorpusError(f"CREMA-D: the votes in {self._votes} lack {len(unrated)} clips, first {unrated[0]}")

    def _refuse_sound(self) -> None:
        sounds = find_files(self.root, SOUND_SUFFIXES)
        if sounds:
            raise CorpusError(
                f"CREMA-D: {self.root} holds sound only ({len(sounds):,} files like {sounds[0].name}). The set "
                "`ejlok1/cremad` on Kaggle is, as far as is known, the sound alone; the pictures are the FLV files in "
                f"the folder VideoFlash of the project's own repository. {self.facts.obtain}"
            )

    def fetch(self, progress: bool = True) -> Path:
        """Download the tables and the 7,442 FLV files one by one; each is checked against its published SHA-256.

        Raises:
            AssetError: some files cannot be fetched; the others are kept, and the next call fetches what lacks.
        """
        results = self.root / "processedResults"
        for table in ("summaryTable.csv", "tabulatedVotes.csv"):
            download(f"{POINTERS}/processedResults/{table}", results / table, progress=progress)
        names = sorted(read_winners(results / "summaryTable.csv"))
        missing = [name for name in names if not (self.root / "VideoFlash" / f"{name}.flv").exists()]
        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            tasks = pool.map(self._fetch_clip, missing)
            reasons = list(tqdm(tasks, "CREMA-D", len(missing), disable=None if progress else True, delay=2))
        failed = [(name, reason) for name, reason in zip(missing, reasons, strict=True) if reason]
        if failed:
            raise AssetError(
                f"CREMA-D: {len(failed)} of {len(names)} clips could not be fetched; the first is {failed[0][0]}: "
                f"{failed[0][1]}. Run the same command again to fetch what lacks"
            )
        return self.root

    def _fetch_clip(self, name: str) -> str | None:
        """Fetch one clip; returns why not, where it failed."""
        file = f"VideoFlash/{name}.flv"
        try:
            answer = requests.get(f"{POINTERS}/{file}", timeout=TIMEOUT_S)
            answer.raise_for_status()
            published = re.search(r"^oid (sha256:[0-9a-f]{64})$", answer.text, re.MULTILINE)
            if not published:
                return f"{answer.url} is not a Git LFS pointer with a SHA-256"
            download(f"{MEDIA}/{file}", self.root / file, published[1], progress=False)
        except (requests.RequestException, AssetError) as error:
            return str(error)
        return None


def _refuse_pointers(files: list[Path]) -> None:
    """A clone made without Git LFS holds small text files in place of the clips."""
    for path in files:
        if path.stat().st_size < 1024 and path.read_bytes().startswith(b"version https://git-lfs"):
            raise CorpusError(
                f"{path} is a Git LFS pointer, not a video: the repository was cloned without its large files. Run "
                "`git lfs pull` in it, or `emo fetch cremad` for another folder"
            )
