"""Encrypted files that are opened with a passphrase, in the age format (age-encryption.org/v1).

The encrypted file is a zip without compression of two age files. `key.age` is a fresh key, encrypted with the
passphrase by scrypt. `journal.zip.age` is encrypted with that key, in blocks, so that memory stays flat. Both are
opened without this package too: `age -d -i key.age journal.zip.age > journal.zip`.
"""

import io
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emo_utils.errors import JournalError, MissingPackageError
from emo_utils.extras import is_installed, missing
from emo_utils.journal.clip_files import erase

KEY, PAYLOAD = "key.age", "journal.zip.age"

LARGEST_KEY = 10_000
"""Bytes of `key.age`, at most."""

SHORTEST = 8
"""Characters of a passphrase, at least."""

PACKAGE = "pyrage"


def check_passphrase(passphrase: str) -> str:
    """The passphrase, if it may be used for a new file.

    Raises:
        JournalError: it is too short.
        MissingPackageError: the package for encryption is not installed.
    """
    _needs_package()
    if len(passphrase) < SHORTEST:
        raise JournalError(f"passphrase: expected at least {SHORTEST} characters, found {len(passphrase)}")
    return passphrase


def encrypt_file(path: Path, passphrase: str) -> None:
    """Replace a file by its encrypted form; the plain bytes are overwritten.

    Raises:
        JournalError: the passphrase is too short.
        MissingPackageError: the package for encryption is not installed.
    """
    check_passphrase(passphrase)
    from pyrage import encrypt_io, x25519
    from pyrage import passphrase as by_passphrase

    identity = x25519.Identity.generate()
    plain = path.with_suffix(".plain.part")
    path.rename(plain)
    try:
        number = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(KEY, by_passphrase.encrypt(f"{identity}\n".encode(), passphrase))
            with plain.open("rb") as source, archive.open(PAYLOAD, "w", force_zip64=True) as target:
                encrypt_io(source, target, [identity.to_public()])
    finally:
        erase(plain)


def is_encrypted(path: Path) -> bool:
    """Whether a file was made by `encrypt_file`."""
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist()) == {KEY, PAYLOAD}
    except (OSError, zipfile.BadZipFile):
        return False


@contextmanager
def decrypted(path: Path, passphrase: str) -> Iterator[Path]:
    """Give a plain copy of an encrypted file in a private folder; it is erased at the end of the block.

    Raises:
        JournalError: another passphrase, or the file is damaged.
        MissingPackageError: the package for encryption is not installed.
    """
    _needs_package()
    from pyrage import DecryptError, IdentityError, decrypt_io, x25519
    from pyrage import passphrase as by_passphrase

    wrong = JournalError(
        f"{path}: cannot be decrypted: expected another passphrase, or the file is damaged, or this machine is much "
        "slower or busier than the one that wrote it"
    )
    folder = Path(tempfile.mkdtemp(prefix="emo-journal-"))
    plain = folder / "journal.zip"
    try:
        try:
            with zipfile.ZipFile(path) as archive, plain.open("wb") as target:
                if archive.getinfo(KEY).file_size > LARGEST_KEY:
                    raise wrong
                key = by_passphrase.decrypt(archive.read(KEY), passphrase).decode()
                with archive.open(PAYLOAD) as source:
                    decrypt_io(io.BufferedReader(source), target, [x25519.Identity.from_str(key.strip())])
        except (DecryptError, IdentityError, OSError, UnicodeDecodeError, zipfile.BadZipFile) as error:
            raise wrong from error
        yield plain
    finally:
        if plain.exists():
            erase(plain)
        shutil.rmtree(folder, ignore_errors=True)


def _needs_package() -> None:
    if not is_installed(PACKAGE):
        raise MissingPackageError(missing("an encrypted journal", PACKAGE))
