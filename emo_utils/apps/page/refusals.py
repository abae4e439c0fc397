"""What a visitor is told when there is no result: a message, never a trace."""

import logging
from pathlib import Path

from emo_utils.apps.page.progress import failed_html, idle_html
from emo_utils.errors import EmoError, Stopped, in_words

log = logging.getLogger(__name__)

OURS = "The clip could not be analysed, by a fault of this program. Try another clip."


def told(error: BaseException, *paths: str) -> str:
    """A message as HTML; faults of the program go to its log, and folders of the server are left out.

    Args:
        error: why there is no result.
        paths: of the visitor's clips.
    """
    if isinstance(error, Stopped):
        return idle_html("Stopped. Nothing was kept.")
    if not isinstance(error, EmoError):
        log.error("an analysis failed", exc_info=error)
        return failed_html(OURS)
    message = in_words(error)
    for path in paths:
        message = message.replace(f"{Path(path).parent}/", "")
    return failed_html(message)
