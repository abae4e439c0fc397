from fractions import Fraction

import av
import numpy as np
import pytest

from emo_utils.errors import VideoError
from emo_utils.video import probe, read_frames
from emo_utils.video_writer import VideoWriter, write_video


def gray_of(frame) -> float:
    return float(frame.pixels.mean())


def test_frames_come_in_order_with_their_own_times(small_video):
    frames = list(read_frames(small_video))
    assert [frame.index for frame in frames] == list(range(10))
    np.testing.assert_allclose([frame.time_s for frame in frames], np.arange(10) / 25, atol=1e-4)
    np.testing.assert_allclose([gray_of(frame) for frame in frames], np.arange(10) * 20, atol=3)


def test_a_variable_frame_rate_is_kept(tmp_path):
    times_s = [0.0, 0.04, 0.2, 0.25, 0.9, 1.7]
    with VideoWriter(tmp_path / "vfr.mp4") as writer:
        for time_s in times_s:
            writer.write(np.zeros((48, 64, 3), np.uint8), time_s)
    np.testing.assert_allclose([frame.time_s for frame in read_frames(tmp_path / "vfr.mp4")], times_s, atol=1e-4)


@pytest.mark.parametrize(("degrees", "bright_corner"), [(90, "bottom left"), (-90, "top right"), (180, "bottom right")])
def test_a_phone_clip_is_turned_upright(tmp_path, degrees, bright_corner):
    """The upper left corner of the stored picture is bright; the display matrix turns it counter-clockwise."""
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:16, :16] = 255
    path = tmp_path / "turned.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.set_display_rotation(degrees)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(stored, format="rgb24")))
        container.mux(stream.encode(None))
    pixels = next(iter(read_frames(path))).pixels
    corners = {
        "top left": pixels[:12, :12],
        "top right": pixels[:12, -12:],
        "bottom left": pixels[-12:, :12],
        "bottom right": pixels[-12:, -12:],
    }
    assert max(corners, key=lambda name: corners[name].mean()) == bright_corner
    info = probe(path)
    assert (info.height, info.width) == pixels.shape[:2]


def test_sampling_takes_the_first_frame_at_or_after_each_tick(small_video):
    assert [frame.index for frame in read_frames(small_video, sample_fps=10)] == [0, 3, 5, 8]
    assert [frame.index for frame in read_frames(small_video, sample_fps=1000)] == list(range(10))
    with pytest.raises(VideoError, match="positive"):
        next(read_frames(small_video, sample_fps=0))


def test_written_video_is_what_browsers_play(small_video):
    with av.open(str(small_video)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert container.format.name.startswith("mov,mp4")
    head = small_video.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "the index must come first, so that playing starts at once"


@pytest.mark.parametrize("codec", ["aac", "mp3"])
def test_the_sound_is_kept(tmp_path, codec):
    source, target = tmp_path / "with_sound.mp4", tmp_path / "annotated.mp4"
    write_with_sound(source, codec, seconds=2.0)
    with VideoWriter(target, audio_from=source) as writer:
        for frame in read_frames(source):
            writer.write(frame.pixels, frame.time_s)
    with av.open(str(target)) as container:
        audio = container.streams.audio[0]
        assert audio.codec_context.name == "aac"
        assert float(audio.duration * audio.time_base) == pytest.approx(2.0, abs=0.1)
        samples = np.concatenate([block.to_ndarray() for block in container.decode(audio)], axis=1)
        assert np.abs(samples).max() > 0.1, "silence was written"


def test_frames_of_another_size_are_refused(tmp_path):
    with VideoWriter(tmp_path / "a.mp4") as writer:
        writer.write(np.zeros((48, 64, 3), np.uint8), 0.0)
        with pytest.raises(ValueError, match="expected frames of 64x48, found 32x32"):
            writer.write(np.zeros((32, 32, 3), np.uint8), 0.1)


def write_with_sound(path, codec: str, seconds: float, pictures: bool = True) -> None:
    rate = 44_100
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=25) if pictures else None
        audio = container.add_stream(codec, rate=rate, layout="mono")
        if video:
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            for i in range(int(25 * seconds)):
                picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 5 * i % 255, np.uint8), format="rgb24")
                container.mux(video.encode(picture))
            container.mux(video.encode(None))
        tone = np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate).astype(np.float32) * 0.5
        for start in range(0, len(tone), 1152):
            block = av.AudioFrame.from_ndarray(tone[None, start : start + 1152], format="fltp", layout="mono")
            block.sample_rate, block.pts, block.time_base = rate, start, Fraction(1, rate)
            container.mux(audio.encode(block))
        container.mux(audio.encode(None))


def broken(tmp_path, kind: str):
    """A file that is wrong in one way."""
    path = tmp_path / f"{kind}.mp4"
    if kind == "missing":
        return path
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("this is not a video\n" * 20)
    elif kind == "tiny":
        write_video(path, [np.zeros((8, 8, 3), np.uint8)] * 5, 25)
    elif kind == "single":
        write_video(path, [np.zeros((48, 64, 3), np.uint8)], 25)
    elif kind == "sound":
        write_with_sound(path, "aac", 1.0, pictures=False)
    elif kind == "noise":
        path.write_bytes(np.random.default_rng(0).integers(0, 256, 5000, dtype=np.uint8).tobytes())
    elif kind in ("cut", "cut_index"):
        noise = np.random.default_rng(0).integers(0, 255, (50, 96, 128, 3), dtype=np.uint8)
        write_video(path, noise, 25)
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2] if kind == "cut" else data[: data.index(b"moov") + 40])
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "no such file"),
        ("empty", r"is empty \(0 bytes\)"),
        ("text", "is a text file, not a video"),
        ("noise", "is not a video that can be read"),
        ("tiny", "8x8 pixels; expected at least 32x32"),
        ("single", "holds a single frame"),
        ("sound", "holds sound only"),
        ("cut", "is truncated"),
        ("cut_index", "is truncated"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, kind, reason):
    with pytest.raises(VideoError, match=reason) as error:
        list(read_frames(broken(tmp_path, kind), strict=True))
    assert kind in str(error.value), "the message must name the file"


def test_a_cut_off_transport_stream_is_found_at_its_end(tmp_path):
    """A container without an index of bytes: only its header's duration tells that something is missing."""
    path = tmp_path / "long.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for pixels in np.random.default_rng(0).integers(0, 255, (150, 96, 128, 3), dtype=np.uint8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])
    with pytest.raises(VideoError, match="truncated|damaged"):
        list(read_frames(path, strict=True))
