"""Check whether results may be written into a folder, before any work is done."""

from pathlib import Path

from emo_utils.errors import OutputError
from emo_utils.hashing import sha256_of_file
from emo_utils.reports.clips.writer import writers
from emo_utils.results_folder import DONE, LISTING, PART, Listing, read_listing
from emo_utils.workflows.clip_manifest import read_rows

LOG = "analysis.log"
OTHERWISE = "choose another --out, or give --overwrite"


def check_folder(out: Path, overwrite: bool, goes_on: bool = False) -> None:
    """Refuse an output folder before any work is done.

    Args:
        out: the folder.
        overwrite: whether results in it may be replaced, also those of earlier versions.
        goes_on: whether it may hold results of an earlier run, which is continued.

    Raises:
        OutputError: it is no folder, or holds files that this package did not write.
    """
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: expected a folder for the output, found a file")
    held = [path for path in out.iterdir() if not _is_ours(path)] if out.is_dir() else []
    if not held or goes_on:
        return
    if overwrite:
        adopt_unlisted(out)
    else:
        raise OutputError(f"{out}: exists already and is not empty; {OTHERWISE}")
    if not holds_results(out):
        raise OutputError(
            f"{out}: holds files that this command did not make, such as {held[0].name}, so nothing is written there; "
            "choose another --out"
        )


def adopt_unlisted(out: Path) -> None:
    """Write a listing for results of a version of this package without listings, so that they can be replaced.

    The log was written last, so later files were changed by the user. A folder without such a log is not changed.
    """
    log_file = out / LOG
    if read_listing(out) or not log_file.is_file() or "emo_utils" not in log_file.read_text(errors="replace"):
        return
    patterns = [LOG, *(pattern.replace("<person>_<n>", "*") for name in writers for pattern in writers.get(name).files)]
    files = [path for pattern in patterns for path in out.glob(pattern)]
    ours = [path for path in files if path.stat().st_mtime_ns <= log_file.stat().st_mtime_ns]
    listing = {path.relative_to(out).as_posix(): [sha256_of_file(path)] for path in ours}
    Listing(None, "", DONE, listing).write(out)


def _is_ours(path: Path) -> bool:
    return path.name.startswith(".emo") or PART.fullmatch(path.name) is not None


def holds_results(out: Path) -> bool:
    """Whether this package has written results into a folder, of one clip or of several."""
    return (out / LISTING).exists() or read_rows(out) is not None or any(out.glob(f"*/{LISTING}"))
