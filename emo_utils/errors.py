"""Errors a user can act on: each says what was expected, what was found, and what to do next."""

import errno

MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE)
"""Codes of an OSError that is the machine's fault, not a file's: the next file would fail like this one."""


class EmoError(Exception):
    """Base of every error that is the input's or the request's fault (exit code 2), never a bug's."""


class UnknownNameError(EmoError):
    """A detector, corpus, backbone, weights file or asset that nobody registered."""


class VideoError(EmoError):
    """A clip that cannot be read: missing, empty, not a video, truncated, sound only, too small."""


class SourceError(EmoError, TypeError):
    """Something given as a source of frames that is of another type or shape."""


class AssetError(EmoError):
    """A model file or corpus that is absent, cannot be fetched, or has the wrong hash."""


class CorpusError(EmoError):
    """A corpus whose files or labels are not what its official layout promises."""


class WeightsError(EmoError):
    """A weights file whose sidecar is missing, or whose bytes, classes or input contract do not match it."""


class RunError(EmoError):
    """A folder that is not a training run's, or a run that is not finished or does not hold what is asked for."""


class SampleError(EmoError):
    """A clip that can be read but gives no sample: too short, or no face in it."""


class WorkerError(EmoError):
    """A worker process or a cluster gave up; what was finished before is kept."""


class SegmentsError(EmoError):
    """A file of segments that cannot be read, or that does not fit its clip; names the row."""


class OutputError(EmoError):
    """An output directory that exists already, or cannot be written."""


class MissingPackageError(EmoError):
    """An optional package is not installed; the message holds the install command."""


class Stopped(BaseException):
    """The user or the system asked the program to stop (SIGINT, SIGTERM); not an error.

    Args:
        message: what is kept, and how to go on.
        code: with which the process is to end.
    """

    def __init__(self, message: str, code: int = 130):
        super().__init__(message)
        self.code = code


def in_words(error: BaseException) -> str:
    """One line for a user: our errors as they are, the system's with the file, others with the name of their class."""
    if isinstance(error, EmoError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if isinstance(error.filename, str) else ""
        advice = "; free some space and try again" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        return f"{error.strerror}{where}{advice}"
    return " ".join(f"{type(error).__name__}: {error}".split())
