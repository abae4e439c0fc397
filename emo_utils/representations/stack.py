"""Temporal stacks: a window of a clip as one picture with a gray face per channel, one TIFF per window.

Source: S3.3, the temporal-stack system. Windows have 90 frames; the last window of a clip has at least 75. A face every
5, 10 or 15 frames gives 18, 9 or 5 channels.

Frames of the channels. Channel c takes frame c * interval of its window: 0, 5 ... 85; or 0, 10 ... 80; or 0, 15 ... 60
(five channels, not six, so that the shortest window has all of them). It shows the last face at or before this frame.
Frames between channels are searched only if the channel's own frame shows no face. Channels before the first face show
the first face. If a window ends before a channel's frame, its last frame is used instead.

An image sequence gives one stack of its last (channels - 1) * interval + 1 pictures, since such sequences (CK+) run
from onset to apex. `interval=1, channels=3` takes the three pictures of a CK+48 sequence.
"""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from emo_utils.errors import EmoError, SampleError
from emo_utils.faces.detector import DEFAULT, FaceDetector
from emo_utils.representations.face_sequence import (
    CutFace,
    Cutter,
    FaceCutter,
    carry_over,
    clip_pictures,
    image_sequence,
    input_spec_for,
)
from emo_utils.representations.representation import Span, Written, representations
from emo_utils.structures import ChannelStack, Clip, InputSpec
from emo_utils.video import Picture

CHANNELS = {5: 18, 10: 9, 15: 5}
"""Number of channels by interval, as in the source; any other interval fills the window."""


def channels_of(interval: int, window: int) -> int:
    """The channels of the source for its window of 90 frames, and as many as fit into any other."""
    return CHANNELS.get(interval, -(-window // interval)) if window == 90 else max(1, -(-window // interval))


@representations.register("stack")
@dataclass(frozen=True)
class StackSpec:
    """How a clip is cut into stacks; see the module.

    Attributes:
        interval: frames from one channel to the next.
        channels: faces per stack; None takes the number of the source for this interval.
        window: frames per window; windows follow each other without overlap.
        shortest: smallest number of frames of the last window; None takes 5/6 of the window (75 of 90).
        size: side of a face in pixels.
        detector: see `Representation`.
    """

    name: ClassVar[str] = "stack"
    package: ClassVar[str] = "tifffile"
    version: ClassVar[int] = 1

    interval: int = 5
    channels: int | None = None
    window: int = 90
    shortest: int | None = None
    size: int = 224
    detector: str = DEFAULT

    def __post_init__(self):
        if self.interval < 1 or self.window < 1:
            raise EmoError(f"stack: expected interval and window of 1 or more, found {self.interval} and {self.window}")
        if self.channels is None:
            object.__setattr__(self, "channels", channels_of(self.interval, self.window))
        if self.shortest is None:
            object.__setattr__(self, "shortest", -(-self.window * 5 // 6))
        if self.channels < 1 or (self.channels - 1) * self.interval >= self.window:
            raise EmoError(
                f"stack: {self.channels} channels, one every {self.interval} frames, do not fit into a window of "
                f"{self.window} frames; choose at most {(self.window - 1) // self.interval + 1} channels"
            )
        if not 1 <= self.shortest <= self.window:
            raise EmoError(f"stack: expected shortest from 1 to {self.window} frames, found {self.shortest}")

    @property
    def input_spec(self) -> InputSpec:
        """See `Representation`."""
        return input_spec_for(
            self.detector,
            representation=self.name,
            size=self.size,
            colour="gray",
            interval=self.interval,
            channels=self.channels,
        )

    @property
    def span(self) -> Span:
        """See `Windowed`."""
        return Span(self.window, self.interval, self.shortest)

    def sample(self, pictures: Iterable[Picture], cutter: Cutter) -> np.ndarray | None:
        """See `Windowed`: uint8 (C, S, S)."""
        window = Window(self, cutter, 0, self.shortest)
        for picture in pictures:
            window.add(picture)
        stack = window.stack("") if window.whole else None
        return None if stack is None else stack.pixels

    def write(self, clip: Clip, detector: FaceDetector | None, folder: Path) -> Written:
        """See `Representation`; files are `window_000.tiff`, `window_001.tiff` ..."""
        files, asked, own, frames, faceless = [], 0, 0, 0, []
        for window in read_windows(clip, detector, self):
            frames = window.start + window.length
            if not window.whole:
                continue
            asked, own = asked + window.asked, own + window.own
            if (stack := window.stack(clip.clip_id)) is None:
                faceless.append(f"{window.start} to {frames - 1}")
                continue
            files.append(f"window_{len(files) + len(faceless):03d}.tiff")
            save_stack(folder / files[-1], stack, self)
        if not asked:
            raise SampleError(
                f"{clip.path}: is too short: expected at least {self.shortest} frames for a window of {self.window}, "
                f"found {frames}; give a longer clip, or choose a smaller window"
            )
        if not files:
            raise SampleError(f"{clip.path}: no face was found in any of its windows ({frames} frames)")
        return Written(
            tuple(files), frames, own / asked, f"no face in frames {', '.join(faceless)}" if faceless else ""
        )


def make_stacks(clip: Clip, detector: FaceDetector | None, spec: StackSpec) -> Iterator[ChannelStack]:
    """The stacks of a clip, one by one; windows that are too short or show no face give none.

    Raises:
        VideoError: the clip cannot be read.
        SampleError: an image sequence has too few pictures.
    """
    for window in read_windows(clip, detector, spec):
        if window.whole and (stack := window.stack(clip.clip_id)) is not None:
            yield stack


def read_windows(clip: Clip, detector: FaceDetector | None, spec: StackSpec) -> Iterator["Window"]:
    """The windows of a clip in order; the last one may be too short. Call `Window.stack` before the next window."""
    cutter, pictures, shortest = FaceCutter(detector, spec.input_spec), clip_pictures(clip), spec.shortest
    if image_sequence(clip):
        pictures, shortest = _last_pictures(clip, list(pictures), spec), 1
    window = None
    for picture in pictures:
        window = window or Window(spec, cutter, picture.index, shortest)
        window.add(picture)
        if window.length == spec.window:
            yield window
            window = None
    if window:
        yield window


def _last_pictures(clip: Clip, pictures: list[Picture], spec: StackSpec) -> list[Picture]:
    needed = (spec.channels - 1) * spec.interval + 1
    if len(pictures) < needed:
        raise SampleError(
            f"{clip.path}: is too short: expected at least {needed} pictures for {spec.channels} channels, one every "
            f"{spec.interval}, found {len(pictures)}; choose fewer channels or a smaller interval"
        )
    return pictures[-needed:]


@dataclass
class Window:
    """Collects the channels of one window frame by frame. It holds at most the frames since the last channel.

    Attributes:
        start: index in the clip of the frame of channel 0.
        shortest: number of frames needed for a stack.
        length: number of frames added.
        asked, own: number of channel frames in the window, and of those that show a face themselves.
    """

    spec: StackSpec
    cutter: Cutter
    start: int
    shortest: int
    length: int = 0
    asked: int = 0
    own: int = 0
    _channels: list[CutFace | None] = field(default_factory=list, repr=False)
    _skipped: list[Picture] = field(default_factory=list, repr=False)
    _times: list[tuple[int, float]] = field(default_factory=list, repr=False)

    @property
    def whole(self) -> bool:
        """Whether it is long enough to give a stack."""
        return self.length >= self.shortest

    def add(self, picture: Picture) -> None:
        """Add the next frame of the window."""
        self.length += 1
        self._times = [*self._times[:1], (picture.index, picture.time_s)]
        if self.asked == self.spec.channels and any(self._channels):
            return
        is_channel = picture.index - self.start == self.asked * self.spec.interval and self.asked < self.spec.channels
        if not is_channel:
            self._skipped.append(picture)
            return
        face = self.cutter.cut(picture)
        self.asked, self.own = self.asked + 1, self.own + (face is not None)
        self._add_channel(face or self._find(reversed(self._skipped)))

    def stack(self, clip_id: str) -> ChannelStack | None:
        """The stack, after all frames were added; None if no frame shows a face."""
        if len(self._channels) < self.spec.channels or not any(self._channels):
            self._add_channel(self._find(reversed(self._skipped)))
        missing = self.spec.channels - len(self._channels)
        faces = carry_over(self._channels + [None] * missing)[: self.spec.channels]
        if not faces:
            return None
        pixels, index = (
            np.stack([face.crop for face in faces]),
            np.array([face.frame_index for face in faces], np.int64),
        )
        return ChannelStack(pixels, index, clip_id, self._fps())

    def _add_channel(self, face: CutFace | None) -> None:
        """Add a channel. The first face found also fills earlier channels, unless a skipped frame shows one before."""
        if face is not None and self._channels and not any(self._channels):
            self._channels[0] = self._find(iter(self._skipped)) or face
        self._channels.append(face)
        self._skipped.clear()

    def _find(self, pictures: Iterator[Picture]) -> CutFace | None:
        return next((face for picture in pictures if (face := self.cutter.cut(picture)) is not None), None)

    def _fps(self) -> float | None:
        (first, start_s), (last, end_s) = self._times[0], self._times[-1]
        return round((last - first) / (end_s - start_s), 3) if end_s > start_s else None


def save_stack(path: Path | str, stack: ChannelStack, spec: StackSpec) -> None:
    """Write one TIFF that ImageJ and Fiji open with a slider over time; equal stacks give equal bytes.

    The axes are TYX, each slice is labelled with its frame, and `Info` holds JSON: clip_id, fps, frame_index, spec.
    """
    import tifffile

    info = {"clip_id": stack.clip_id, "fps": stack.fps, "frame_index": stack.frame_index.tolist(), "spec": asdict(spec)}
    labels = [f"frame {index}" for index in stack.frame_index]
    metadata = {"axes": "TYX", "mode": "grayscale", "Labels": labels, "Info": json.dumps(info, sort_keys=True)}
    if stack.fps:
        metadata |= {"finterval": spec.interval / stack.fps, "tunit": "sec"}
    tifffile.imwrite(path, stack.pixels, imagej=True, photometric="minisblack", metadata=metadata)


def load_stack(path: Path | str) -> ChannelStack:
    """Read a TIFF of `save_stack`.

    Raises:
        SampleError: it is missing, damaged, or was not written by `save_stack`.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            info = json.loads(file.imagej_metadata["Info"])
            pixels = file.asarray().reshape(len(info["frame_index"]), *file.pages[0].shape)
        return ChannelStack(pixels, np.array(info["frame_index"], np.int64), info["clip_id"], info["fps"])
    except (OSError, KeyError, TypeError, ValueError, struct.error) as error:
        raise SampleError(
            f"{path}: expected a channel stack as `emo prepare` writes it, found {type(error).__name__}: {error}; "
            "prepare the clip again"
        ) from error
