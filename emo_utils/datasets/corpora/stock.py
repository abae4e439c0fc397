"""Stock-footage clips: close-ups of one person, five emotions, scraped for `video-based-emotion-recognition`.

The layout: one folder `Scrapping` with files `<Class>_<number>.mp4`, for instance `Happy_0001.mp4`.
"""

import re
from pathlib import Path

from emo_utils.datasets.corpus import Corpus, find_files, in_order
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.registry import corpora
from emo_utils.download import unpack_zip
from emo_utils.errors import AssetError, CorpusError
from emo_utils.settings import load_settings
from emo_utils.structures import Clip
from emo_utils.suffixes import VIDEO_SUFFIXES

NAME = re.compile(r"([A-Za-z]+)_(\d{4})")
VALIDATION_NUMBERS = range(16, 21)
"""Numbers 0016 to 0020 of each class are the source's validation clips."""


def official_part(clip: Clip) -> str:
    """The source's split: it has no test part, and chose its models on the validation part."""
    return "validation" if int(clip.clip_id.rsplit("_", 1)[1]) in VALIDATION_NUMBERS else "train"


@corpora.register("stock")
class Stock(Corpus):
    """Stock-footage clips. Who is in them is not known: each clip counts as a person of its own."""

    facts = Facts(
        name="stock",
        title="Stock-footage clips",
        labels={
            "Anger": "anger",
            "Happy": "happiness",
            "Shock": "surprise",
            "Neutral": "neutral",
            "Sad": "sadness",
        },
        licence="each clip under the terms of its site (Pexels, Adobe Stock, Vecteezy, Storyblocks), not to pass on",
        citation="MuhRaflyArj, video-based-emotion-recognition (2025), branch video",
        homepage="https://github.com/MuhRaflyArj/video-based-emotion-recognition",
        obtain="Set DATASET_DOWNLOAD_ID (in the environment or in .env) to the Google Drive id of the zip and run "
        "`emo fetch stock`, or put the folder Scrapping there yourself.",
        people_known=False,
        official_part=official_part,
        notes="People are not named, so the same person may be on both sides of any split. The official split has no "
        "test part.",
    )

    def fetch(self, progress: bool = True) -> Path:
        """Download the zip from Google Drive and unpack it; no hash is published for it.

        Raises:
            AssetError: DATASET_DOWNLOAD_ID is not set, the file cannot be fetched, or it is not a safe zip.
        """
        unpacked = self.root / "files"
        if unpacked.exists():
            return self.root
        drive_id = load_settings().dataset_download_id
        if not drive_id:
            raise AssetError(f"{self.facts.title}: DATASET_DOWNLOAD_ID is not set. {self.facts.obtain}")
        archive = _fetch_from_drive(drive_id, self.root / f"{drive_id}.zip", progress)
        unpack_zip(archive, unpacked)
        archive.unlink()
        return self.root

    def index(self) -> list[Clip]:
        """All clips of the folder `Scrapping`; see the base class."""
        files = find_files(self.root, VIDEO_SUFFIXES)
        if not files:
            raise self._absent("clips named like Scrapping/Happy_0001.mp4")
        return in_order(self._clip(path) for path in files)

    def _clip(self, path: Path) -> Clip:
        match = NAME.fullmatch(path.stem)
        if not match:
            raise CorpusError(
                f"{path}: expected a name like Happy_0001.mp4 (class, _, four digits); rename it or move it away"
            )
        return Clip(path.stem, path, self.name, f"unknown_{path.stem}", self.facts.emotion(match[1]))


def _fetch_from_drive(drive_id: str, path: Path, progress: bool) -> Path:
    """Let gdown fetch a file of Google Drive; it goes on where an earlier call stopped."""
    import gdown

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        fetched = gdown.download(id=drive_id, output=str(path), quiet=not progress, resume=True)
    except Exception as error:  # gdown's own exceptions have changed their names between its versions
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise AssetError(
            f"Google Drive file {drive_id} cannot be fetched ({reason}). Check DATASET_DOWNLOAD_ID and that the file "
            f"is shared with everyone; or fetch it with a browser and unpack it into {path.parent}"
        ) from error
    if not fetched:
        raise AssetError(f"Google Drive file {drive_id}: nothing came; check DATASET_DOWNLOAD_ID")
    return path
