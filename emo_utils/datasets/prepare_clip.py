"""One clip to its samples on disk, whole or not at all: the part of `emo prepare` that runs in a worker.

A clip's samples and its `result.json` are written into a hidden folder, and one rename puts them in place. Whatever
kills the worker, a clip is finished or not started. Unfinished folders are recognised by their names.
"""

import atexit
import errno
import json
import multiprocessing
import os
import re
import shutil
import signal
import threading
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from zlib import crc32

import cv2

from emo_utils.errors import MACHINE, EmoError, SampleError, VideoError
from emo_utils.faces.detector import FaceDetector, create_detector, detectors
from emo_utils.hashing import sha256_of_file
from emo_utils.representations.face_sequence import WHOLE_PICTURE, image_sequence
from emo_utils.representations.representation import Representation, Written
from emo_utils.structures import Clip

CLIPS, RESULT = "clips", "result.json"


@dataclass(frozen=True)
class PreparedClip:
    """Result of preparing one clip.

    Attributes:
        clip_id: of the clip.
        status: `ok` or `failed`.
        reason: why it failed; for a good clip a remark, usually empty.
        samples: sample files, relative to the prepared folder, with `/`.
        sha256, bytes: of each of them.
        coverage, frames: see `Written`; None where it failed.
        source: size and time stamp of each source file; if they change, the clip is prepared again.
        retry: it failed for a reason that may not lie in the clip, and is tried again in the next run.
    """

    clip_id: str
    status: str
    reason: str
    samples: tuple[str, ...]
    sha256: tuple[str, ...]
    bytes: tuple[int, ...]
    coverage: float | None
    frames: int | None
    source: tuple[tuple[int, int] | None, ...]
    retry: bool = False


def make_samples(clip: Clip, spec: Representation, root: Path) -> PreparedClip:
    """Make and keep the samples of one clip; a clip that cannot be used is a result too.

    Args:
        clip: what to read.
        spec: what to make of it.
        root: the prepared folder.

    Raises:
        EmoError: something else than the clip is at fault: a model file is absent, a package is not installed.
        OSError: the disk is full or cannot be written.
    """
    part = root / CLIPS / f".{folder_name(clip.clip_id)}.{os.getpid()}-{uuid.uuid4().hex[:8]}.part"
    part.mkdir(parents=True)
    try:
        source = fingerprint(clip)
        try:
            result = _result(clip, source, spec.write(clip, detector_for(spec.detector), part), part)
        except (VideoError, SampleError) as error:
            result = failure(clip, str(error), source)
        except (EmoError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in MACHINE:  # not the clip's fault, so not a result
                raise
            result = failure(clip, f"{clip.path}: unexpected {type(error).__name__}: {error}", source, retry=True)
        keep_result(result, part, root)
        return result
    finally:
        shutil.rmtree(part, ignore_errors=True)


def failure(clip: Clip, reason: str, source: tuple, retry: bool = False) -> PreparedClip:
    """The result of a clip that gives no samples."""
    return PreparedClip(clip.clip_id, "failed", " ".join(reason.split()), (), (), (), None, None, source, retry)


def _result(clip: Clip, source: tuple, written: Written, part: Path) -> PreparedClip:
    files = [part / name for name in written.files]
    return PreparedClip(
        clip.clip_id,
        "ok",
        written.note,
        tuple(f"{CLIPS}/{folder_name(clip.clip_id)}/{name}" for name in written.files),
        tuple(sha256_of_file(file) for file in files),
        tuple(file.stat().st_size for file in files),
        round(written.coverage, 4),
        written.frames,
        source,
    )


def keep_result(result: PreparedClip, part: Path, root: Path) -> None:
    """Write the result beside its samples in `part`, and move both to their place in one step."""
    if result.status != "ok":
        for path in part.iterdir():
            path.unlink()
    (part / RESULT).write_text(json.dumps(asdict(result), indent=1) + "\n")
    place = root / CLIPS / folder_name(result.clip_id)
    shutil.rmtree(place, ignore_errors=True)
    try:
        os.rename(part, place)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise  # else a cluster gave the clip to two workers, and the other one was first with the same bytes


def read_result(root: Path, clip: Clip) -> PreparedClip | None:
    """The kept result of a clip; None if there is none, its files are not whole, or the clip has changed since."""
    try:
        kept = json.loads((root / CLIPS / folder_name(clip.clip_id) / RESULT).read_text())
        source = tuple(tuple(file) if file else None for file in kept.pop("source"))
        lists = {key: tuple(kept.pop(key)) for key in ("samples", "sha256", "bytes")}
        result = PreparedClip(**kept, **lists, source=source)
        sizes = tuple((root / name).stat().st_size for name in result.samples)
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return result if sizes == result.bytes and source == fingerprint(clip) else None


def fingerprint(clip: Clip) -> tuple[tuple[int, int] | None, ...]:
    """Size in bytes and time of the last change, in ns, of each file of a clip; None for one that is absent."""
    stats = [path.stat() if path.exists() else None for path in image_sequence(clip) or (clip.path,)]
    return tuple(stat and (stat.st_size, stat.st_mtime_ns) for stat in stats)


def folder_name(clip_id: str) -> str:
    """A folder name for a clip: its id, or something like it where that is no good file name on every system."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", clip_id).strip(".")[:120]
    return name if name == clip_id else f"{name}-{crc32(clip_id.encode()):08x}"


def unfinished(root: Path) -> dict[str, list[Path]]:
    """Hidden folders of clips that are, or were, being worked on, by `folder_name`."""
    parts: dict[str, list[Path]] = {}
    for path in sorted((root / CLIPS).glob(".*.part")):
        parts.setdefault(path.name[1:].rsplit(".", 2)[0], []).append(path)
    return parts


_open = threading.local()
_to_close: list[FaceDetector] = []


def detector_for(name: str) -> FaceDetector | None:
    """This thread's detector of that name, made once; None for `none`. No stand-in: samples say which one found."""
    if name == WHOLE_PICTURE:
        return None
    mine: dict[str, FaceDetector] = _open.__dict__
    if name not in mine:
        mine[name] = detectors.create(name)
        _to_close.append(mine[name])
    return mine[name]


def working_detector(name: str) -> str:
    """The name of the detector that `create_detector` gives here, which for the default may be its stand-in."""
    if name == WHOLE_PICTURE or name in _open.__dict__:
        return name
    detector = create_detector(name)
    _open.__dict__[detector.name] = detector
    _to_close.append(detector)
    return detector.name


@atexit.register
def close_detectors() -> None:
    """Close what `detector_for` has made in this process."""
    _open.__dict__.clear()
    while _to_close:
        _to_close.pop().close()


def start_worker(detector: str) -> None:
    """Initializer of a worker process: one OpenCV thread, a detector ready, an end when the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    with suppress(EmoError):  # raised again, with the clip's name, when the first clip is read
        working_detector(detector)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)
