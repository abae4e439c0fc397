"""All files of an analysis in one zip."""

import zipfile
from pathlib import Path

from emo_utils.apps.page.results import files_of
from emo_utils.output import whole_file
from emo_utils.workflows.output_folder import LOG

STORED = {".mp4", ".png", ".jpg", ".webp", ".parquet", ".pdf"}
"""Endings of files that are compressed already."""


def zip_of(folder: Path, root: Path) -> Path:
    """The zip of a folder of results, made if it is not there yet. It lies in the folder, hidden.

    Args:
        folder: of the results.
        root: the folder of the page; its name is left out of the log.
    """
    path = folder / ".results.zip"
    if path.exists():
        return path
    with whole_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files_of(folder):
            name = file.relative_to(folder).as_posix()
            if name == LOG:
                archive.writestr(name, _without_places(file.read_text(encoding="utf-8"), root))
            else:
                archive.write(file, name, zipfile.ZIP_STORED if file.suffix in STORED else zipfile.ZIP_DEFLATED)
    return path


def _without_places(log: str, root: Path) -> str:
    """The log without the paths of this machine."""
    return "\n".join(
        line if str(root) not in line else f"{line.split(str(root))[0]}{line.rsplit('/', 1)[-1]}"
        for line in log.split("\n")
    )
