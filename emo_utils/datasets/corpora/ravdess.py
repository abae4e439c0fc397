"""RAVDESS: 24 actors speak and sing two sentences in eight emotions, filmed from the front.

S. R. Livingstone, F. A. Russo, "The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS)", PLoS ONE
13(5): e0196391, 2018. The layout: `Actor_01/01-01-06-01-02-01-12.mp4`, in any folders above. The seven fields are
modality (01 picture and sound, 02 picture, 03 sound), channel (01 speech, 02 song), emotion, intensity (01 normal,
02 strong), statement, repetition, actor. Actor 18 did not sing.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import requests

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.download import TIMEOUT_S, download, unpack_zip
from emo_utils.errors import AssetError, CorpusError
from emo_utils.structures import Clip
from emo_utils.suffixes import SOUND_SUFFIXES

ZENODO = "https://zenodo.org"
RECORD = 1188976

CHANNELS = {"speech": "01", "song": "02"}
TAKES = {"speech": 60, "song": 44}
"""Takes of each actor, each in two modalities of pictures."""
INTENSITY = {"01": "normal", "02": "strong"}
ACTORS = range(1, 25)
NOT_SINGING = 18
NAME = re.compile(r"(0[123])-(0[12])-(\d\d)-(0[12])-(0[12])-(0[12])-(\d\d)")


def subject(actor: int) -> str:
    """Subject id of an actor."""
    return f"actor_{actor:02}"


@corpora.register("ravdess")
class Ravdess(Corpus):
    """RAVDESS, the parts with pictures. Modalities 01 and 02 are the same take and are counted once.

    A clip's id is the take's name with modality 01, whichever of the two files is there; 01 is read where both are.

    Args:
        root: the folder with its files; by default `<EMO_DATA_DIR>/raw/ravdess`.
        actors: numbers from 1 to 24; None for all that are there.
        channels: `speech`, `song`, or both.
    """

    facts = Facts(
        name="ravdess",
        title="RAVDESS",
        labels={
            "01": "neutral",
            "02": "calm",
            "03": "happiness",
            "04": "sadness",
            "05": "anger",
            "06": "fear",
            "07": "disgust",
            "08": "surprise",
        },
        licence="CC BY-NC-SA 4.0",
        citation="Livingstone & Russo, PLoS ONE 13(5): e0196391, 2018",
        homepage="https://zenodo.org/records/1188976",
        obtain="Run `emo fetch ravdess` (about 0.5 GB an actor), or unpack Video_Speech_Actor_01.zip ... of Zenodo "
        "record 1188976 there.",
        person_folds=tuple(tuple(subject(actor) for actor in range(first, first + 4)) for first in range(1, 25, 4)),
        notes="Acted. Two sentences, two repetitions: a random split puts every actor on both sides. Song has no "
        "disgust, no surprise, and no actor 18.",
    )

    def __init__(
        self,
        root: Path | str | None = None,
        actors: Iterable[int] | None = None,
        channels: Iterable[str] = ("speech",),
    ):
        super().__init__(root)
        self.actors = None if actors is None else sorted(set(actors))
        self.channels = tuple(dict.fromkeys([channels] if isinstance(channels, str) else channels))
        unknown = [actor for actor in self.actors or () if actor not in ACTORS]
        if unknown or self.actors == []:
            raise CorpusError(f"RAVDESS: expected actors from 1 to 24, found {unknown or 'none'}")
        if not self.channels or not set(self.channels) <= set(CHANNELS):
            raise CorpusError(f"RAVDESS: expected channels of {', '.join(CHANNELS)}; found {self.channels}")

    def _archives(self) -> list[str]:
        """Names of the zips of the selected actors and channels."""
        return [
            f"Video_{channel.capitalize()}_Actor_{actor:02}"
            for channel in self.channels
            for actor in self.actors or ACTORS
            if not (channel == "song" and actor == NOT_SINGING)
        ]

    def published_count(self) -> int:
        """Takes of the selected actors and channels: 1,440 of speech, 1,012 of song."""
        return sum(TAKES[name.split("_")[1].lower()] for name in self._archives())

    def fetch(self, progress: bool = True) -> Path:
        """Download the zips of the selected actors and channels from Zenodo, one by one, and unpack each.

        Raises:
            AssetError: Zenodo cannot be reached, or a zip's MD5 is not the one that Zenodo publishes.
        """
        missing = [name for name in self._archives() if not (self.root / name).exists()]
        hashes = _published_hashes() if missing else {}
        for name in missing:
            file = f"{name}.zip"
            if file not in hashes:
                raise AssetError(f"Zenodo record {RECORD} has no {file}; it has {', '.join(sorted(hashes)[:5])} ...")
            address = f"{ZENODO}/records/{RECORD}/files/{file}?download=1"
            archive = download(address, self.root / file, hashes[file], progress)
            unpack_zip(archive, self.root / name)
            archive.unlink()
        return self.root

    def index(self) -> list[Clip]:
        """One clip per take of the selected actors and channels; see the base class."""
        takes = {}
        for path in find_files(self.root, {".mp4"}):
            modality, *take = _fields(path.stem, f"{path}: expected", "; move the file away")
            takes.setdefault(tuple(take), {}).setdefault(modality, path)
        wanted = {CHANNELS[channel] for channel in self.channels}
        clips = [self._clip(take, files[min(files)]) for take, files in takes.items() if take[0] in wanted]
        selected = None if self.actors is None else {subject(actor) for actor in self.actors}
        clips = [clip for clip in clips if selected is None or clip.subject_id in selected]
        self._refuse_incomplete(clips, selected)
        return in_order(clips)

    @classmethod
    def clip_named(cls, name: str) -> Clip:
        """The clip of a take's name such as `01-01-06-01-02-01-12`, whether or not its file is on this machine.

        Args:
            name: of a file, with or without folders and ending; any modality.

        Returns:
            A clip whose path is the name of the file alone.

        Raises:
            CorpusError: it is no name of a take.
        """
        _, *take = _fields(Path(name).stem, f"RAVDESS, {name!r}: expected")
        return cls._clip(tuple(take), Path(f"{Path(name).stem}.mp4"))

    @classmethod
    def _clip(cls, take: tuple[str, ...], path: Path) -> Clip:
        _, emotion, intensity, _, _, actor = take
        clip_id, emotion = "-".join(("01", *take)), cls.facts.emotion(emotion)
        return Clip(clip_id, path, cls.facts.name, subject(int(actor)), emotion, INTENSITY[intensity])

    def _refuse_incomplete(self, clips: list[Clip], selected: set[str] | None) -> None:
        if not clips:
            if find_files(self.root, SOUND_SUFFIXES):
                raise CorpusError(
                    f"RAVDESS: {self.root} holds sound only (Audio_*.zip). The pictures are in other zips. "
                    f"{self.facts.obtain}"
                )
            raise self._absent(f"{' and '.join(self.channels)} clips like Actor_01/01-01-06-01-02-01-01.mp4")
        absent = sorted((selected or set()) - {clip.subject_id for clip in clips})
        if absent and not (self.channels == ("song",) and absent == [subject(NOT_SINGING)]):
            raise CorpusError(f"RAVDESS: no clips of {', '.join(absent)} in {self.root}. {self.facts.obtain}")


def _fields(name: str, before: str, after: str = "") -> tuple[str, ...]:
    """The seven fields of a take's name."""
    match = NAME.fullmatch(name)
    if not match:
        raise CorpusError(f"{before} seven numbers like 01-01-06-01-02-01-12.mp4{after}")
    return match.groups()


def _published_hashes() -> dict[str, str]:
    """MD5 of every file of the record, as Zenodo's own interface gives them: file name to `md5:...`."""
    address = f"{ZENODO}/api/records/{RECORD}"
    try:
        answer = requests.get(address, timeout=TIMEOUT_S)
        answer.raise_for_status()
        files = answer.json()["files"]
        return {file["key"]: file["checksum"] for file in files}
    except (requests.RequestException, KeyError, TypeError, ValueError) as error:
        raise AssetError(
            f"{address} did not give the list of files and their MD5 ({error}). Try again later, or fetch the zips "
            "with a browser and unpack each into a folder of its name"
        ) from error
