"""Handle file names that are not UTF-8, are addresses, or are too long."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def as_text(name: Path | str) -> str:
    r"""A name as text that every program can read: what is not UTF-8 in it is written as `\udce9`."""
    return str(name).encode("utf-8", "backslashreplace").decode()


def is_address(name: Path | str) -> bool:
    """Whether a name has the form of an address on the net, such as `https://example.org/a.mp4`."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(name)) is not None


def shortened(name: str, most_bytes: int) -> str:
    """A name cut to a number of bytes, in whole characters; file systems allow 255."""
    while len(os.fsencode(name)) > most_bytes:
        name = name[:-1]
    return name


@contextmanager
def utf8_path(path: Path) -> Iterator[Path]:
    """The path, or a link to it if its name is not UTF-8, for libraries that accept only UTF-8 names."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder) / f"link{as_text(path.suffix)}"
            link.symlink_to(path.absolute())
            yield link
    else:
        yield path
