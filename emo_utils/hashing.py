"""SHA-256 of files, texts and settings, and the comparison with a published hash."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emo_utils.errors import AssetError, EmoError


def sha256_of_file(path: Path | str) -> str:
    """The hash of a file's bytes in hexadecimal, read in blocks."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_text(text: str) -> str:
    """The hash of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_source(script: bytes) -> str:
    """The hash of a script as a content security policy names it: `sha256-` and base64."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}"


def sha256_of_json(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """The hash of a value as JSON with sorted keys, so that the order of a dict's entries does not matter.

    Args:
        value: numbers, texts, lists and dicts.
        default: converts other types to one of these, as in `json.dumps`.
    """
    return sha256_of_text(json.dumps(value, sort_keys=True, default=default))


def check_sha256(path: Path, expected: str | None, advice: str, error: type[EmoError] = AssetError) -> None:
    """Compare a file with the hash that it should have.

    Args:
        path: the file.
        expected: its hash in hexadecimal; None never matches.
        advice: what to do if they differ; the end of the message.
        error: the class that is raised.

    Raises:
        EmoError: of the class `error`: they differ.
    """
    found = sha256_of_file(path)
    if found != expected:
        raise error(f"{path}: expected SHA-256 {expected}, found {found}; {advice}")
