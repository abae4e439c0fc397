"""Files that once ended in a crash, a hang, another file's pictures or an error without a name; each is made here.

Those of `make fuzz` that need no special file are in `RECIPES`: the seed clip and the number of its mutant.
"""

import struct
import subprocess
import sys
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from strange_files import FRAMES, gray, replace_bytes, write

from emo_utils.errors import VideoError
from emo_utils.images import read_image
from emo_utils.inference.options import MOST_BETWEEN, AnalysisOptions
from emo_utils.structures import MOST_PIXELS
from emo_utils.video import probe, read_frames
from emo_utils.video.clock import LONGEST_STEP_S, SHORTEST_STEP_S
from emo_utils.video.sound import LONGEST_SILENCE_S, sound_blocks


def edited(path: Path, box: bytes, offset: int, *values: int) -> Path:
    """An mp4 with 32-bit numbers written at `offset` after the name of a box, wherever it stands."""
    data = bytearray(path.read_bytes())
    place = -1
    while (place := data.find(box, place + 1)) >= 0:
        data[place + offset : place + offset + 4 * len(values)] = struct.pack(f">{len(values)}I", *values)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("concat.mp4", "ffconcat version 1.0\nfile private.mp4\n"),
        ("hls.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nprivate.ts\n#EXT-X-ENDLIST\n"),
        ("session.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n"),
    ],
)
def test_a_playlist_opens_no_other_file(tmp_path, name, text):
    """FFmpeg would read the files that a text names: those of others, or addresses of the net."""
    write(tmp_path / "private.mp4")
    write(tmp_path / "private.ts")
    (tmp_path / name).write_text(text)
    for read in (probe, lambda path: list(read_frames(path))):
        with pytest.raises(VideoError, match="is a playlist, which names other files"):
            read(tmp_path / name)


def test_a_picture_larger_than_any_camera_makes_is_refused_by_its_size(tmp_path):
    path = write(tmp_path / "a.mp4", codec="mpeg4")
    data = bytearray(path.read_bytes())
    place = data.index(b"mp4v") + 28
    data[place : place + 4] = struct.pack(">HH", 32_000, 32_000)
    path.write_bytes(data)
    try:
        info = probe(path)
    except VideoError as error:
        assert "32000x32000" in str(error)  # noqa: PT017  (FFmpeg may trust the codec's own header instead)
    else:
        assert info.width * info.height <= MOST_PIXELS


def test_a_still_picture_larger_than_that_is_refused_before_it_is_decoded(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[16:24] = struct.pack(">II", 65_000, 1_400)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(VideoError, match=f"at most {MOST_PIXELS} pixels, found 65000x1400"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize(("wide", "high", "width"), [(4, 3, 128), (65_535, 1, 96), (1, 65_535, 96)])
def test_a_shape_of_pixels_that_no_format_has_is_ignored(tmp_path, wide, high, width):
    path = edited(write(tmp_path / "a.mp4", gray(3), codec="mpeg4", options={"aspect": "4:3"}), b"pasp", 4, wide, high)
    frame = next(iter(read_frames(path)))
    assert frame.pixels.shape == (64, width, 3)


@pytest.mark.parametrize("scale", [1, 0x7FFFFFFF])
def test_time_stamps_of_a_wrong_scale_become_frames_one_after_the_other(tmp_path, scale):
    """Frames a day apart, or millions a second: filters over time would then take for ever."""
    path = edited(write(tmp_path / "a.mp4", options={"bf": "0"}), b"mdhd", 16, scale)
    replace_bytes(path, b"edts", b"free")  # the list of edits would cut the clip
    times_s = np.array([frame.time_s for frame in read_frames(path)])
    assert len(times_s) == FRAMES
    assert (np.diff(times_s) >= SHORTEST_STEP_S).all()
    assert times_s[-1] <= FRAMES * LONGEST_STEP_S
    assert 1 / LONGEST_STEP_S <= probe(path).fps <= 1 / SHORTEST_STEP_S


def test_a_leap_of_a_hundred_years_is_no_pause(tmp_path):
    """The header declares as much, so the length does not bound it."""
    times_s = [*np.arange(5) / 25, *(3e9 + np.arange(5) / 25)]
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 25)
        packets = []
        for index, pixels in enumerate(gray(10)):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 25)
            packets += stream.encode(picture)
        for packet, time_s in zip(packets + stream.encode(None), times_s, strict=True):
            packet.pts = packet.dts = round(time_s * 1000)
            packet.time_base = Fraction(1, 1000)
            container.mux(packet)
    found = [frame.time_s for frame in read_frames(path)]
    assert len(found) == 10
    assert found[-1] < LONGEST_STEP_S


def test_sound_is_not_filled_with_years_of_silence(tmp_path):
    path = write(tmp_path / "a.mkv", sound={"codec": "pcm_s16le", "rate": 44_100, "layout": "mono", "start_s": 3e6})
    assert sum(block.samples for block in sound_blocks(path)) / 44_100 < LONGEST_SILENCE_S + 10


@pytest.mark.parametrize("fps", [1e4, 25, 1e-4, None])
def test_frames_between_two_detections_are_few_enough_for_the_memory(fps):
    every, rate = AnalysisOptions().detection_interval(fps)
    assert 1 <= every <= MOST_BETWEEN
    assert rate > 0


@pytest.mark.parametrize("size", [(32_767, 1), (8, 40_000)])
def test_a_side_at_which_the_process_would_end_is_refused(size, tmp_path):
    """OpenCV in MediaPipe aborts for a side of 32,767 and more: a small JPEG would end a run over many clips."""
    from emo_utils.errors import SourceError
    from emo_utils.inference.frame_sources import array_source, frame_source

    Image.new("RGB", size).save(tmp_path / "a.jpg")
    with pytest.raises(VideoError, match=f"at most 32766 pixels, found {size[0]}x{size[1]}"):
        read_image(tmp_path / "a.jpg")
    frame = np.zeros((*size[::-1], 3), np.uint8)
    for source in (lambda: array_source(frame), lambda: list(frame_source([frame], fps=25).read())):
        with pytest.raises(SourceError, match="at most 32766 pixels"):
            source()


def test_the_longest_picture_that_is_allowed_does_not_end_the_process(tmp_path):
    """In a process of its own, with the detector that aborts beyond it."""
    Image.new("RGB", (32_766, 40)).save(tmp_path / "a.png")
    code = (
        "import sys, emo_utils as emo; from emo_utils.faces.detector import create_detector as make;"
        "from emo_utils.faces.still import StillDetector; from emo_utils.images import read_image;"
        "print(len(StillDetector(make('mediapipe')).detect(read_image(sys.argv[1]))))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.png"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr


@pytest.mark.parametrize("size", [(20_000, 2), (1, 9_000)])
def test_a_picture_like_a_line_is_searched_without_a_border(size, tmp_path):
    from emo_utils.faces.detector import create_detector
    from emo_utils.faces.still import StillDetector

    Image.new("RGB", size).save(tmp_path / "a.png")
    detector = StillDetector(create_detector("haar"))
    assert len(detector.detect(read_image(tmp_path / "a.png"))) == 0


def test_a_title_is_never_a_path(tmp_path):
    """A title that is no UTF-8, and one that leads elsewhere, are not used."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "T" * 20
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for pixels in gray(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    replace_bytes(path, b"T" * 20, b"../../../etc/\xff\xfe\0abcd")
    assert len(list(read_frames(path))) == 3
