"""Errors a user can act on: each says what was expected, what was found, and what to do next."""

import errno

MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE)
"""Codes of an OSError that has its cause in the machine, not in one file: the next file would fail too."""

DENIED = (errno.EACCES, errno.EPERM, errno.EFBIG)
"""Codes of an OSError of one file or folder that may not be written, or not that far."""

NO_MEMORY = "not enough memory for it: close other programs, analyse fewer clips at once, or make the clip smaller"


class EmoError(Exception):
    """Base of every error that has its cause in the input or the request (exit code 2), not in a bug."""


class UnknownNameError(EmoError):
    """A detector, corpus, backbone, weights file or asset that is not registered."""


class VideoError(EmoError):
    """A clip that cannot be read: missing, empty, not a video, truncated, sound only, too small."""


class SourceError(EmoError, TypeError):
    """Something given as a source of frames that is of another type or shape."""


class AssetError(EmoError):
    """A model file or corpus that is absent, cannot be fetched, or has the wrong hash."""


class CorpusError(EmoError):
    """A corpus whose files or labels differ from its official layout."""


class WeightsError(EmoError):
    """A weights file whose sidecar is missing, or whose bytes, classes or input contract do not match it."""


class RunError(EmoError):
    """Not the folder of a training run, or a run that is unfinished or lacks what was requested."""


class SampleError(EmoError):
    """A clip that can be read but gives no sample: too short, or no face in it."""


class WorkerError(EmoError):
    """A worker process or a cluster failed; finished work is kept."""


class WorkerDiedError(WorkerError):
    """Every worker that was given a task died; the cause may be the task."""


class SegmentsError(EmoError):
    """A file of segments that cannot be read, or that does not fit its clip; names the row."""


class JournalError(EmoError):
    """A journal that cannot be opened or written, an entry that does not exist, or an archive that is not one."""


class EventsError(EmoError):
    """A file of events that cannot be read, or that does not fit its clips; names the row."""


class CodesError(EmoError):
    """A file of human codes that cannot be read, or that does not fit the results; names the row."""


class OutputError(EmoError):
    """An output directory that exists already, or cannot be written."""


class MissingPackageError(EmoError):
    """An optional package is not installed; the message holds the install command."""


class Stopped(BaseException):
    """The user or the system asked the program to stop (SIGINT, SIGTERM); not an error.

    Args:
        message: what is kept, and how to continue.
        code: the exit code of the process.
    """

    def __init__(self, message: str, code: int = 130):
        super().__init__(message)
        self.code = code


def in_words(error: BaseException) -> str:
    """An error as one line for a user: system errors name the file, unexpected errors name their class."""
    if isinstance(error, EmoError):
        return str(error)
    if isinstance(error, MemoryError) or "Insufficient memory" in str(error):  # the second is OpenCV's
        return NO_MEMORY
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if isinstance(error.filename, str) else ""
        advice = "; free some space and try again" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        return f"{error.strerror}{where}{advice}"
    return " ".join(f"{type(error).__name__}: {error}".split())
