"""What everything on MediaPipe Tasks needs: pictures in its format, options that keep offline, a quiet terminal."""

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

import numpy as np

NOT_NEEDED = {
    "mediapipe.tasks.python.audio",
    "mediapipe.tasks.python.text",
    "mediapipe.tasks.python.vision.drawing_styles",
    "mediapipe.tasks.python.vision.drawing_utils",
}
"""Modules that MediaPipe imports with itself and that nothing here uses; the last two import matplotlib.pyplot."""


class _LoadedWhenUsed:
    """A finder of modules by which `NOT_NEEDED` are loaded at their first use, if there is one."""

    @staticmethod
    def find_spec(name: str, path=None, target: ModuleType | None = None) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path, target) if name in NOT_NEEDED else None
        if found and found.loader:
            found.loader = importlib.util.LazyLoader(found.loader)
        return found


@cache
def vision() -> ModuleType:
    """MediaPipe's module of vision tasks, without what it imports beside them: a quarter of the time."""
    finder = _LoadedWhenUsed()
    sys.meta_path.insert(0, finder)
    try:
        from mediapipe.tasks.python import vision
    finally:
        sys.meta_path.remove(finder)
    return vision


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
