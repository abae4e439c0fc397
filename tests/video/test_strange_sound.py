"""Sound of every kind comes out as one that players know, on the clip's clock; or is left out with a warning."""

import logging

import av
import numpy as np
import pytest
from strange_files import FPS, FRAMES, TONE_HZ, damage, gray, replace_bytes, write

from emo_utils.video import read_frames
from emo_utils.video_writer import VideoWriter

SECONDS = FRAMES / FPS


def copied(source, tmp_path):
    """The clip written anew with its sound: where each track begins and ends, and the sound, float (channels, N)."""
    target = tmp_path / "copy.mp4"
    with VideoWriter(target, audio_from=source) as writer:
        for frame in read_frames(source):
            writer.write(frame.pixels, frame.time_s)
    with av.open(str(target)) as container:
        pictures = sum(1 for _ in container.decode(video=0))
        assert pictures == sum(1 for _ in read_frames(source))
    with av.open(str(target)) as container:
        if not container.streams.audio:
            return None
        track = container.streams.audio[0]
        assert track.codec_context.name == "aac"
        assert track.rate in (44_100, 48_000)
        blocks = list(container.decode(track))
    return np.hstack([block.to_ndarray() for block in blocks]), track.rate


def loudest_hz(samples: np.ndarray, rate: int) -> float:
    power = np.abs(np.fft.rfft(samples.mean(axis=0)))
    return power.argmax() * rate / samples.shape[1]


@pytest.mark.parametrize(
    ("name", "codec", "layout", "rate"),
    [
        ("a.mov", "pcm_s16le", "7.1", 8_000),
        ("a.mkv", "pcm_f32le", "hexadecagonal", 48_000),
        ("a.mov", "pcm_s24le", "mono", 96_000),
        ("a.mkv", "pcm_s32le", "stereo", 192_000),
        ("a.avi", "pcm_u8", "mono", 11_025),
        ("a.mkv", "flac", "5.1", 44_100),
        ("a.mkv", "ac3", "5.1", 48_000),
        ("a.mp4", "aac", "5.1", 48_000),
        ("a.avi", "mp3", "stereo", 22_050),
        ("a.webm", "libopus", "stereo", 48_000),
        ("a.mkv", "pcm_s16le", "3.0", 7_350),
    ],
)
def test_any_number_of_channels_and_any_rate(tmp_path, name, codec, layout, rate):
    pictures = "libvpx" if name == "a.webm" else "libx264"
    source = write(tmp_path / name, codec=pictures, sound={"codec": codec, "layout": layout, "rate": rate})
    samples, rate = copied(source, tmp_path)
    assert len(samples) in (1, 2)
    assert samples.shape[1] / rate == pytest.approx(SECONDS, abs=0.1)
    assert loudest_hz(samples, rate) == pytest.approx(TONE_HZ, abs=5)
    assert np.abs(samples).max() > 0.1


@pytest.mark.parametrize("tag", [0x00800008, 0x00930008, 0x00000000], ids=hex)
def test_channels_in_an_order_of_their_own_do_not_end_the_process(tmp_path, tag):
    """Recorders of many tracks write such orders; PyAV frees them twice where one of their frames reaches Python."""
    source = write(tmp_path / "a.mov", sound={"codec": "pcm_s16le", "layout": "7.1", "rate": 8_000})
    data = source.read_bytes()
    place = data.index(b"chan") + 8
    source.write_bytes(data[:place] + tag.to_bytes(4) + data[place + 4 :])
    samples, rate = copied(source, tmp_path)
    assert samples.shape[1] / rate == pytest.approx(SECONDS, abs=0.1)
    assert np.abs(samples).max() > 0.01


@pytest.mark.parametrize("seconds", [0.3, 3.0])
def test_sound_shorter_and_longer_than_the_picture_is_kept_whole(tmp_path, seconds):
    samples, rate = copied(write(tmp_path / "a.mkv", sound={"codec": "aac", "seconds": seconds}), tmp_path)
    assert samples.shape[1] / rate == pytest.approx(seconds, abs=0.1)


def test_sound_that_starts_late_does_so_in_the_copy(tmp_path):
    source = write(tmp_path / "a.mkv", sound={"codec": "flac", "seconds": 0.5, "start_s": 0.4})
    samples, rate = copied(source, tmp_path)
    loud = np.flatnonzero(np.abs(samples[0]) > 0.1)
    assert loud[0] / rate == pytest.approx(0.4, abs=0.05)
    assert loud[-1] / rate == pytest.approx(0.9, abs=0.05)


def test_stamps_that_begin_anew_go_on_in_the_copy(tmp_path):
    """Transport streams laid end to end."""
    source = write(tmp_path / "a.ts", sound={"codec": "aac"})
    source.write_bytes(source.read_bytes() * 2)
    samples, rate = copied(source, tmp_path)
    assert samples.shape[1] / rate == pytest.approx(2 * SECONDS, abs=0.2)
    assert np.abs(samples[:, int(1.2 * SECONDS * rate) :]).max() > 0.1


def test_stamps_that_repeat_do_not_matter(tmp_path):
    source = write(tmp_path / "a.mkv", sound={"codec": "mp3"})
    with av.open(str(source)) as whole, av.open(str(tmp_path / "b.mkv"), "w") as container:
        tracks = {s.index: container.add_stream_from_template(s) for s in whole.streams}
        before = 0
        for number, packet in enumerate(whole.demux()):
            if packet.stream.type == "audio" and number % 3 == 0:
                packet.pts = packet.dts = before
            before = packet.dts if packet.stream.type == "audio" else before
            packet.stream = tracks[packet.stream.index]
            if packet.size:
                container.mux(packet)
    samples, rate = copied(tmp_path / "b.mkv", tmp_path)
    assert samples.shape[1] / rate == pytest.approx(SECONDS, abs=0.1)


def test_sound_that_cannot_be_decoded_is_left_out_with_a_warning(tmp_path, caplog):
    source = replace_bytes(write(tmp_path / "a.mkv", sound={"codec": "aac"}), b"A_AAC", b"A_ZZZ")
    with caplog.at_level(logging.WARNING, "emo_utils"):
        assert copied(source, tmp_path) is None
    assert "its sound cannot be read" in caplog.text
    assert "is left out" in caplog.text


def test_damaged_sound_is_kept_as_far_as_it_can_be(tmp_path):
    source = write(tmp_path / "a.mp4", gray(), sound={"codec": "aac"})
    samples, rate = copied(damage(source, [5, 6, 20], kind="audio"), tmp_path)
    assert samples.shape[1] / rate == pytest.approx(SECONDS, abs=0.15)


def test_sound_that_changes_its_rate_and_channels_is_kept_to_its_end(tmp_path):
    first = write(tmp_path / "a.ts", sound={"codec": "mp2", "rate": 48_000, "layout": "stereo"})
    second = write(tmp_path / "b.ts", sound={"codec": "mp2", "rate": 32_000, "layout": "mono"})
    (tmp_path / "both.ts").write_bytes(first.read_bytes() + second.read_bytes())
    samples, rate = copied(tmp_path / "both.ts", tmp_path)
    assert samples.shape[1] / rate == pytest.approx(2 * SECONDS, abs=0.3)


def test_a_clip_without_sound_gets_none(tmp_path, caplog):
    assert copied(write(tmp_path / "a.mp4"), tmp_path) is None
    assert not caplog.records


def test_a_stamp_of_sound_that_leaps_by_hours_adds_no_hours_of_silence(tmp_path):
    source = write(tmp_path / "a.mkv", sound={"codec": "mp3"})
    with av.open(str(source)) as whole, av.open(str(tmp_path / "b.mkv"), "w") as container:
        tracks = {s.index: container.add_stream_from_template(s) for s in whole.streams}
        for number, packet in enumerate(whole.demux()):
            if packet.stream.type == "audio" and packet.size and number > 20:
                packet.pts = packet.dts = packet.pts + 10 * 3600 * 1000
            packet.stream = tracks[packet.stream.index]
            if packet.size:
                container.mux(packet)
    data = (tmp_path / "b.mkv").read_bytes()
    with av.open(str(tmp_path / "b.mkv")) as container:
        if container.duration > 10**9:  # the header then promises it, too: a header that does not is made by hand
            value = np.array([SECONDS * 1000], ">f8").tobytes()
            place = data.index(b"\x44\x89\x88") + 3
            (tmp_path / "b.mkv").write_bytes(data[:place] + value + data[place + 8 :])
    samples, rate = copied(tmp_path / "b.mkv", tmp_path)
    assert samples.shape[1] / rate == pytest.approx(SECONDS, abs=0.2)
