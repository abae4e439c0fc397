"""What everything on MediaPipe Tasks needs: pictures in its format, options that keep offline, a quiet terminal."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np


def as_image(pixels: np.ndarray):
    """A uint8 (H, W, 3) RGB frame as MediaPipe's image."""
    import mediapipe

    return mediapipe.Image(mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(pixels))


def base_options(model: Path):
    """MediaPipe's options, with its usage statistics kept on this machine as far as we can.

    Since 0.10.3x MediaPipe's binary reports usage (no pictures) to Google and offers no switch. It is given an empty
    list of certificate authorities here, so that its encrypted connection cannot be made.
    """
    from mediapipe.tasks.python import BaseOptions

    class QuietBaseOptions(BaseOptions):
        def to_ctypes(self):
            options = super().to_ctypes()
            options.ca_bundle_path = os.devnull.encode()
            return options

    return QuietBaseOptions(model_asset_path=str(model))


@contextmanager
def native_stderr_hidden() -> Iterator[None]:
    """Keep a C++ library's chatter off the terminal; shown after all if an exception passes through."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as chatter:
        os.dup2(chatter.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            chatter.seek(0)
            sys.stderr.write(chatter.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
