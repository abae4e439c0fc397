"""Settings from environment variables and the `.env` file; they are read here only."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dotenv import dotenv_values, find_dotenv
from platformdirs import user_cache_path, user_data_path

ROOT = "_ROOT"
"""Suffix of the keys for the folder of a corpus."""


@dataclass(frozen=True)
class Settings:
    """Paths and ids that a user may set; `.env.example` explains each key."""

    models_dir: Path
    """Model files that are not shipped in the package (`EMO_MODELS_DIR`)."""
    identity_weights: str | None
    """What `--identity-weights auto` stands for: `none`, `arcface`, or a file (`EMO_IDENTITY_WEIGHTS`)."""
    data_dir: Path
    """Corpora, prepared samples and runs (`EMO_DATA_DIR`)."""
    journal_dir: Path
    """The journal of `emo journal` (`EMO_JOURNAL_DIR`)."""
    ferplus_archive: Path | None
    """FER+ in Microsoft's layout, a zip or a folder (`FERPLUS_ARCHIVE`)."""
    ravdess_au: Path
    """Folder of RAVDESS's action units, `action_unit_means.csv` and `published_bilstm_logits.csv` (`RAVDESS_AU`)."""
    dataset_download_id: str | None
    """Google Drive id of the stock-footage zip (`DATASET_DOWNLOAD_ID`)."""
    corpus_roots: Mapping[str, Path]
    """Folders of corpora outside `<EMO_DATA_DIR>/raw`, by name (`<NAME>_ROOT`, such as `RAVDESS_ROOT`)."""


@cache
def load_settings() -> Settings:
    """Read settings once; a variable in the environment wins over the same key in `.env`."""
    values = {**dotenv_values(find_dotenv(usecwd=True)), **os.environ}

    def path(key: str) -> Path | None:
        value = values.get(key)
        return Path(value).expanduser() if value else None

    data_dir = path("EMO_DATA_DIR") or Path("data")
    return Settings(
        models_dir=path("EMO_MODELS_DIR") or user_cache_path("emo_utils") / "models",
        identity_weights=values.get("EMO_IDENTITY_WEIGHTS") or None,
        data_dir=data_dir,
        journal_dir=path("EMO_JOURNAL_DIR") or user_data_path("emo_utils") / "journal",
        ferplus_archive=path("FERPLUS_ARCHIVE"),
        ravdess_au=path("RAVDESS_AU") or data_dir / "raw" / "ravdess_au",
        dataset_download_id=values.get("DATASET_DOWNLOAD_ID") or None,
        corpus_roots={
            key.removesuffix(ROOT).lower(): Path(value).expanduser()
            for key, value in values.items()
            if key.endswith(ROOT) and value
        },
    )
