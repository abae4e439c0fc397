"""Files as people have them: which track, which way up, which times, and what is left of damaged ones."""

import os
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from strange_files import (
    FPS,
    FRAMES,
    HEIGHT,
    LEVEL,
    WIDTH,
    add_pictures,
    add_sound,
    cut,
    damage,
    encode,
    encode_sound,
    gray,
    noisy,
    replace_bytes,
    with_matrix,
    write,
    write_sizes,
    write_tracks,
)

from emo_utils.errors import VideoError
from emo_utils.video import Faults, probe, read_frames
from emo_utils.video_writer import VideoWriter


def read(path):
    """All frames, and what was wrong."""
    faults = Faults()
    return list(read_frames(path, faults=faults)), faults


def order(frames) -> np.ndarray:
    """Which of the frames of `gray` each is, by its level."""
    return np.round([np.median(frame.pixels) / LEVEL for frame in frames]).astype(int)


def times(frames) -> np.ndarray:
    return np.array([frame.time_s for frame in frames])


TURNS = {
    "as stored": ((1, 0, 0, 1), lambda p: p),
    "mirrored": ((-1, 0, 0, 1), np.fliplr),
    "flipped": ((1, 0, 0, -1), np.flipud),
    "half a turn": ((-1, 0, 0, -1), lambda p: np.rot90(p, 2)),
    "clockwise": ((0, 1, -1, 0), lambda p: np.rot90(p, -1)),
    "counter-clockwise": ((0, -1, 1, 0), np.rot90),
    "transposed": ((0, 1, 1, 0), lambda p: p.transpose(1, 0, 2)),
    "transposed the other way": ((0, -1, -1, 0), lambda p: np.rot90(p.transpose(1, 0, 2), 2)),
}


@pytest.mark.parametrize("name", TURNS)
def test_a_display_matrix_turns_and_mirrors(tmp_path, name):
    matrix, expected = TURNS[name]
    path = with_matrix(write(tmp_path / "a.mp4"), *matrix)
    frames, _ = read(path)
    corner = expected(gray()[5])
    assert frames[5].pixels.shape == corner.shape
    np.testing.assert_allclose(frames[5].pixels.astype(int), corner, atol=70)  # chroma and ringing at the corner's edge
    assert np.abs(frames[5].pixels.astype(int) - corner).mean() < 3
    info = probe(path)
    assert (info.height, info.width) == corner.shape[:2]
    assert bool(info.orientation) == (name != "as stored")


SMALL = (48, 32)
STILL = Disposition.attached_pic


@pytest.mark.parametrize(
    ("name", "tracks", "chosen"),
    [
        ("default.mkv", [(gray(20, *SMALL), "libx264", 0), (gray(), "libx264", 1)], "default"),
        ("longest.mkv", [(gray(8, *SMALL), "libx264", 0), (gray(), "libx264", 0)], "the longest, 0.8 s"),
        ("both.mkv", [(gray(8, *SMALL), "libx264", 1), (gray(), "libx264", 1)], "the longest"),
        ("larger.mkv", [(gray(20, *SMALL), "libx264", 0), (gray(), "libx264", 0)], "track 2 of 2"),
        ("thumb.mov", [(gray(1, *SMALL), "mjpeg", 1), (gray(), "libx264", 0)], "single pictures or thumbnails"),
        ("thumbs.mov", [(gray(3, *SMALL), "mjpeg", 1), (gray(), "libx264", 0)], "single pictures or thumbnails"),
        ("cover.mp4", [(gray(1, *SMALL), "mjpeg", STILL), (gray(), "libx264", 1)], "covers, thumbnails"),
    ],
)
def test_the_default_track_else_the_longest_is_the_clip(tmp_path, name, tracks, chosen):
    path = write_tracks(tmp_path / name, tracks)
    info = probe(path)
    frames, _ = read(path)
    assert (info.width, info.height) == (WIDTH, HEIGHT), info.track
    assert chosen in info.track
    assert len(frames) == FRAMES


def test_one_track_needs_no_reason(tmp_path):
    assert probe(write(tmp_path / "a.mp4")).track == ""


@pytest.mark.parametrize("sizes", [((96, 64), (48, 32)), ((48, 32), (96, 64)), ((96, 64), (64, 96), (96, 64))])
def test_a_picture_that_changes_its_size_is_brought_to_the_first(tmp_path, sizes):
    path = write_sizes(tmp_path / "a.webm", [gray(5, *size) for size in sizes])
    frames, faults = read(path)
    assert {frame.pixels.shape[1::-1] for frame in frames} == {sizes[0]}
    assert len(frames) == 5 * len(sizes)
    assert [size[:2] for size in faults.sizes] == list(sizes)
    assert "changes its picture's size" in faults.messages()[0]
    middle = frames[7].pixels[sizes[0][1] // 2, sizes[0][0] // 2]
    np.testing.assert_allclose(middle, 2 * LEVEL, atol=6)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.flv"])
@pytest.mark.parametrize("damaged", [[1], [7], [19], [3, 12]], ids=str)
def test_damaged_packets_are_passed_over_and_counted(tmp_path, name, damaged):
    options = {"g": "4", "bf": "0"} if name == "a.flv" else {"g": "4", "bf": "2"}
    path = damage(write(tmp_path / name, noisy(), options=options), damaged)
    frames, faults = read(path)
    assert len(frames) >= FRAMES - len(damaged) - 3, "at most the damaged ones and those that need them"
    assert faults.damaged >= 1
    where = f"near {faults.damaged_s[0]:.2f}"
    assert where in faults.messages()[0]
    assert abs(faults.damaged_s[0] - damaged[0] / FPS) < 0.25
    assert (np.diff(times(frames)) > 0).all()
    with pytest.raises(VideoError, match="is damaged"):
        list(read_frames(path, strict=True))


@pytest.mark.parametrize("damaged", [[8], [9]], ids=str)
def test_threads_that_decode_ahead_lose_no_more_than_one_does(tmp_path, damaged):
    path = damage(write(tmp_path / "a.mp4", noisy(10, 1280, 720), options={"g": "1", "preset": "ultrafast"}), damaged)
    faults = Faults()
    assert [f.index for f in read_frames(path, threads=4, faults=faults)] == list(range(9))
    assert faults.damaged == 1


@pytest.mark.parametrize(("share", "message"), [(0.6, "more than half|no frame"), (1.0, "no frame|more than half")])
def test_a_clip_of_which_more_than_half_is_damaged_is_refused(tmp_path, share, message):
    path = write(tmp_path / "a.mp4", noisy(), options={"g": "1"})
    with pytest.raises(VideoError, match=message):
        read(damage(path, range(round(share * FRAMES))))


CONTAINERS = {
    "a.mp4": {},
    "fragmented.mp4": {"container_options": {"movflags": "frag_keyframe+empty_moov"}, "options": {"g": "4"}},
    "a.mov": {},
    "a.mkv": {},
    "a.webm": {"codec": "libvpx"},
    "a.avi": {"codec": "mpeg4"},
    "a.gif": {"codec": "gif", "fps": 25},
    "a.flv": {},
    "a.ts": {},
    "a.wmv": {"codec": "wmv2"},
    "a.mpg": {"codec": "mpeg2video"},
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_whole_file_is_not_called_truncated(tmp_path, name):
    frames, faults = read(write(tmp_path / name, **CONTAINERS[name]))
    assert faults.messages() == []
    np.testing.assert_allclose(order(frames), np.arange(FRAMES), atol=name == "a.gif")  # which has few grays
    np.testing.assert_allclose(np.diff(times(frames)), 1 / FPS, atol=2e-3)


@pytest.mark.parametrize("seconds", [0.2, 4.0])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.flv", "a.ts"])
def test_sound_longer_or_shorter_than_the_picture_does_not_truncate_it(tmp_path, name, seconds):
    codec = "aac" if name != "a.avi" else "mp3"
    frames, faults = read(write(tmp_path / name, sound={"codec": codec, "seconds": seconds}))
    assert len(frames) == FRAMES
    assert faults.messages() == []


def test_a_last_picture_that_is_held_does_not_truncate_the_clip(tmp_path):
    path = write(tmp_path / "a.gif", codec="gif", times_s=[*np.arange(FRAMES - 1) / FPS, 6.0])
    frames, faults = read(path)
    assert len(frames) == FRAMES
    assert faults.messages() == []


@pytest.mark.parametrize(
    ("name", "share"),
    [("a.mp4", 0.6), ("fragmented.mp4", 0.6), ("fragmented.mp4", 0.7), ("a.mkv", 0.6), ("a.avi", 0.6), ("a.gif", 0.6)],
)
def test_a_truncated_file_is_read_as_far_as_it_goes(tmp_path, name, share):
    kind = dict(CONTAINERS[name])
    if name == "a.mp4":
        kind["container_options"] = {"movflags": "+faststart"}
    path = cut(write(tmp_path / name, noisy(), **kind), share)
    frames, faults = read(path)
    assert 0.3 * FRAMES <= len(frames) <= 0.75 * FRAMES
    assert f"read up to {frames[-1].time_s:.2f} s" in faults.truncated
    assert faults.damaged == 0
    assert "is truncated" in faults.messages()[-1]
    with pytest.raises(VideoError, match="is truncated|is damaged"):
        list(read_frames(path, strict=True))


def test_a_file_without_a_length_of_its_own_is_truncated_by_its_promise(tmp_path):
    path = cut(write(tmp_path / "a.flv", noisy(100), options={"bf": "0"}), 0.4)
    frames, faults = read(path)
    assert 30 < len(frames) < 50
    assert "its header promises" in faults.truncated


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("frames_between", [0, 2])
def test_avi_with_reordered_pictures_has_even_stamps(tmp_path, codec, frames_between):
    path = write(tmp_path / "a.avi", codec=codec, options={"bf": str(frames_between), "b": "4M"})
    frames, _ = read(path)
    np.testing.assert_array_equal(order(frames), np.arange(FRAMES))
    np.testing.assert_allclose(times(frames), np.arange(FRAMES) / FPS, atol=1e-6)
    assert probe(path).fps == pytest.approx(FPS)


@pytest.mark.parametrize("declared", [1000, 5])
def test_the_rate_is_counted_where_the_declared_one_is_not_true(tmp_path, declared):
    path = write(tmp_path / "a.webm", codec="libvpx", fps=declared, times_s=np.arange(FRAMES) / 30)
    assert probe(path).fps == pytest.approx(30, rel=0.02)


def test_a_pause_does_not_change_the_counted_rate(tmp_path):
    path = write(tmp_path / "a.mp4", times_s=np.arange(FRAMES) / FPS + 20.0 * (np.arange(FRAMES) >= 10))
    assert probe(path).fps == pytest.approx(FPS, rel=0.02)
    frames, _ = read(path)
    assert frames[10].time_s - frames[9].time_s == pytest.approx(20.04, abs=1e-3)


def test_pictures_that_start_late_keep_their_times(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        video, audio = add_pictures(container), add_sound(container)
        packets = encode(video, gray(), 0.7 + np.arange(FRAMES) / FPS) + encode_sound(audio, 2.0)
        for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
            container.mux(packet)
    frames, faults = read(tmp_path / "a.mkv")
    assert frames[0].time_s == pytest.approx(0.7, abs=0.03), "AAC begins a little before its first sound"
    np.testing.assert_allclose(np.diff(times(frames)), 1 / FPS, atol=2e-3)
    assert faults.messages() == []


def test_pictures_that_start_after_ten_seconds_of_sound_are_found(tmp_path):
    with av.open(str(tmp_path / "a.ts"), "w") as container:
        video, audio = add_pictures(container), add_sound(container)
        packets = encode_sound(audio, 12.0) + encode(video, gray(), 11.0 + np.arange(FRAMES) / FPS)
        for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
            container.mux(packet)
    frames, _ = read(tmp_path / "a.ts")
    np.testing.assert_array_equal(order(frames), np.arange(FRAMES))
    assert frames[0].time_s == pytest.approx(11.0, abs=0.1)


def test_files_laid_end_to_end_have_growing_stamps(tmp_path):
    """A transport stream may be laid after another; its stamps begin anew."""
    path = write(tmp_path / "a.ts")
    path.write_bytes(path.read_bytes() * 3)
    frames, _ = read(path)
    np.testing.assert_array_equal(order(frames), np.tile(np.arange(FRAMES), 3))
    np.testing.assert_allclose(np.diff(times(frames)), 1 / FPS, atol=1e-3)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_metadata_that_is_not_utf_8_does_not_matter(tmp_path, name):
    with av.open(str(tmp_path / name), "w") as container:
        container.metadata["title"] = "caf~~ noir"
        for packet in encode(add_pictures(container), gray()):
            container.mux(packet)
    frames, _ = read(replace_bytes(tmp_path / name, b"caf~~", b"caf\xe9\xff"))
    assert len(frames) == FRAMES


def test_pictures_of_an_unknown_codec_are_named(tmp_path):
    path = replace_bytes(write(tmp_path / "a.mp4", sound={"codec": "aac"}), b"avc1", b"zzz1")
    for attempt in (probe, lambda p: list(read_frames(p))):
        with pytest.raises(VideoError, match="codec that is not known here"):
            attempt(path)


@pytest.mark.parametrize(
    "name",
    [b"13:45.mp4", b"caf\xe9.mp4", "日本語 🎉.mp4".encode(), b"-a.mp4", b"a%03d#?.mp4", b"http:.mp4", b"it's [a].mp4"],
)
def test_any_file_name_is_read_and_written_with_its_sound(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, copy = Path(os.fsdecode(name)), Path(os.fsdecode(b"copy " + name))
    write(path, sound={"codec": "aac"})
    with VideoWriter(copy, audio_from=path) as writer:
        for frame in read_frames(path):
            writer.write(frame.pixels, frame.time_s)
    assert len(read(copy)[0]) == FRAMES
    assert probe(copy).has_audio


def test_an_address_is_refused_as_such():
    with pytest.raises(VideoError, match="is an address; expected a file on this machine"):
        probe(Path("https://example.org/a.mp4"))


@pytest.mark.parametrize("rate", [float("nan"), -1.0, float("inf")])
def test_a_rate_that_makes_no_sense_is_refused(tmp_path, rate):
    with pytest.raises(VideoError, match="sample_fps: expected a positive number"):
        next(read_frames(write(tmp_path / "a.mp4"), sample_fps=rate))
