"""Errors a user can act on: each says what was expected, what was found, and what to do next."""


class EmoError(Exception):
    """Base of every error that is the input's or the request's fault (exit code 2), never a bug's."""


class UnknownNameError(EmoError):
    """A detector, corpus, backbone, weights file or asset that nobody registered."""


class VideoError(EmoError):
    """A clip that cannot be read: missing, empty, not a video, truncated, sound only, too small."""


class AssetError(EmoError):
    """A model file or corpus that is absent, cannot be fetched, or has the wrong hash."""


class CorpusError(EmoError):
    """A corpus whose files or labels are not what its official layout promises."""


class WeightsError(EmoError):
    """A weights file whose sidecar is missing, or whose bytes, classes or input contract do not match it."""


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
