"""What a visitor of the page may upload and use, and the messages for what is more."""

from dataclasses import dataclass, fields
from pathlib import Path

from emo_utils.errors import EmoError, VideoError
from emo_utils.inference.frame_sources import FrameSource, file_source

MB = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Limits of one page.

    Attributes:
        max_mb: largest upload, in megabytes (1,000,000 bytes).
        max_seconds: longest clip.
        max_side: longest side of a frame, in pixels.
        max_queue: visitors that may wait for an analysis.
        max_live: live cameras at the same time.
        keep_minutes: time after which results are deleted; uploads are deleted after their analysis.
        max_store_mb: size of all files of all visitors; no upload is accepted beyond it.
    """

    max_mb: float = 500
    max_seconds: float = 600
    max_side: int = 3840
    max_queue: int = 16
    max_live: int = 2
    keep_minutes: float = 30
    max_store_mb: float = 4000

    def __post_init__(self) -> None:
        for one in fields(self):
            if not getattr(self, one.name) > 0:
                raise EmoError(f"{option(one.name)}: expected a positive number, found {getattr(self, one.name)}")

    @property
    def max_bytes(self) -> int:
        """Largest upload in bytes."""
        return int(self.max_mb * MB)

    @property
    def max_store_bytes(self) -> int:
        """Size of all files in bytes."""
        return int(self.max_store_mb * MB)

    def in_words(self) -> str:
        """The limits of a clip, as one line for a visitor."""
        return f"up to {self.max_mb:g} MB, {self.max_seconds:g} s, {self.max_side} pixels on the longer side"

    def opened(self, clip: Path) -> FrameSource:
        """Open an uploaded clip, and check its length and resolution.

        A clip whose length is not declared, such as one recorded by a browser, is limited while it is read.

        Raises:
            VideoError: it cannot be read, or is longer or larger than allowed. Only the file's name is in the message.
        """
        try:
            source = file_source(clip)
        except VideoError as error:
            raise VideoError(str(error).replace(str(clip), clip.name)) from None
        info = source.info
        if info and max(info.width, info.height) > self.max_side:
            raise VideoError(
                f"{clip.name}: frames are {info.width}x{info.height} pixels; expected at most {self.max_side} on the "
                "longer side. Scale the clip down and upload it again"
            )
        if info and (info.duration_s or 0) > self.max_seconds:
            raise VideoError(f"{clip.name}: lasts {info.duration_s:.0f} s; {self._too_long()}")
        return source

    def most_frames(self, fps: float | None) -> int:
        """Frames of the longest clip at a frame rate; for clips without a declared length."""
        return int(self.max_seconds * (fps or 30)) + 1

    def too_long(self, name: str) -> VideoError:
        """The error for a clip that turns out to be longer than allowed while it is read."""
        return VideoError(f"{name}: {self._too_long()}")

    def _too_long(self) -> str:
        return f"expected at most {self.max_seconds:g} s. Cut the clip and upload it again"


NEEDED_IN_PUBLIC = ("max_mb", "max_seconds", "max_side", "max_queue")


def public_limits(given: dict[str, float | None]) -> Limits:
    """The limits of a public page.

    Args:
        given: values by name of the attribute; None: not given.

    Raises:
        EmoError: one of `NEEDED_IN_PUBLIC` was not given; names those.
    """
    absent = [option(name) for name in NEEDED_IN_PUBLIC if given.get(name) is None]
    if absent:
        raise EmoError(
            f"--public: expected limits for what strangers may upload, found no {', '.join(absent)}; for example "
            "--max-mb 100 --max-seconds 60 --max-side 1920 --max-queue 8"
        )
    return local_limits(given)


def local_limits(given: dict[str, float | None]) -> Limits:
    """The default limits, with the given ones instead."""
    return Limits(**{name: value for name, value in given.items() if value is not None})


def option(name: str) -> str:
    """The command-line option of a limit."""
    return f"--{name.replace('_', '-')}"
