import json

import numpy as np
import pytest
import tifffile

from emo_utils.errors import EmoError, SampleError, VideoError
from emo_utils.representations.representation import create_representation
from emo_utils.representations.stack import StackSpec, load_stack, make_stacks, save_stack
from emo_utils.structures import ChannelStack, Clip

SMALL = {"size": 16, "detector": "not_red"}


@pytest.mark.parametrize(
    ("interval", "channels", "asked"),
    [(5, 18, range(0, 90, 5)), (10, 9, range(0, 90, 10)), (15, 5, range(0, 75, 15))],
)
def test_channels_are_the_frames_of_the_source_in_order(
    numbered_clip, detector, shown_frames, interval, channels, asked
):
    spec = StackSpec(interval=interval, **SMALL)
    assert spec.channels == channels
    (stack,) = make_stacks(numbered_clip(90), detector, spec)
    assert stack.pixels.shape == (channels, 16, 16)
    assert stack.frame_index.tolist() == list(asked)
    assert shown_frames(stack.pixels) == list(asked)
    assert detector.looked == channels, "frames between channels need no look"
    assert stack.fps == pytest.approx(30)


def test_size_and_channels_are_general(numbered_clip, detector):
    spec = StackSpec(interval=7, channels=4, window=30, size=24, detector="not_red")
    stacks = list(make_stacks(numbered_clip(60), detector, spec))
    assert [stack.frame_index.tolist() for stack in stacks] == [[0, 7, 14, 21], [30, 37, 44, 51]]
    assert stacks[0].pixels.shape == (4, 24, 24)


@pytest.mark.parametrize(("frames", "windows"), [(74, 0), (75, 1), (89, 1), (90, 1), (164, 1), (165, 2)])
def test_a_window_has_75_to_90_frames(numbered_clip, detector, frames, windows):
    spec = StackSpec(**SMALL)
    assert len(list(make_stacks(numbered_clip(frames), detector, spec))) == windows


@pytest.mark.parametrize("frames", [75, 76, 83, 89])
def test_channels_after_the_end_of_a_short_window_show_its_last_frame(numbered_clip, detector, shown_frames, frames):
    (stack,) = make_stacks(numbered_clip(frames), detector, StackSpec(**SMALL))
    expected = [min(asked, frames - 1) for asked in range(0, 90, 5)]
    assert stack.frame_index.tolist() == shown_frames(stack.pixels) == expected


def test_fifteen_frames_apart_needs_no_frame_that_the_shortest_window_lacks(numbered_clip, detector):
    (stack,) = make_stacks(numbered_clip(75), detector, StackSpec(interval=15, **SMALL))
    assert stack.frame_index.tolist() == [0, 15, 30, 45, 60]


@pytest.mark.parametrize(
    ("red", "expected"),
    [
        ({10}, [0, 9, 20, 30, 40]),  # the frame before the gap is the last good one
        (set(range(8, 31)), [0, 7, 7, 7, 40]),  # a long gap shows it again and again
        (set(range(13)), [13, 13, 20, 30, 40]),  # at the start the first good one, found between two channels
        (set(range(21)), [21, 21, 21, 30, 40]),
        (set(range(45)), [45, 45, 45, 45, 45]),  # after the last channel
        (set(range(35, 50)), [0, 10, 20, 30, 34]),
        (set(range(23)) | set(range(28, 50)), [23, 23, 23, 27, 27]),
    ],
)
def test_gaps_show_the_last_good_face(numbered_clip, detector, shown_frames, red, expected):
    spec = StackSpec(interval=10, channels=5, window=50, **SMALL)
    (stack,) = make_stacks(numbered_clip(50, red), detector, spec)
    assert stack.frame_index.tolist() == expected
    assert shown_frames(stack.pixels) == expected


def test_what_is_looked_at_seldom_equals_looking_at_every_frame(numbered_clip, detector):
    """The rule of the source, by brute force: look everywhere, then carry over."""
    rng = np.random.default_rng(0)
    for _ in range(12):
        frames = int(rng.integers(40, 51))
        good = np.flatnonzero(np.repeat(rng.random(10) < 0.4, 5)[:frames])
        spec = StackSpec(interval=7, channels=7, window=50, shortest=40, **SMALL)
        stacks = list(make_stacks(numbered_clip(frames, set(range(frames)) - set(good)), detector, spec))
        if not len(good):
            assert not stacks
            continue
        before = [good[good <= min(asked, frames - 1)] for asked in range(0, 49, 7)]
        assert stacks[0].frame_index.tolist() == [int(b[-1]) if len(b) else int(good[0]) for b in before]


def test_clips_that_give_no_stack_are_named(numbered_clip, detector, folder, tmp_path):
    spec = StackSpec(**SMALL)
    with pytest.raises(SampleError, match=r"clip_74.mp4: is too short: expected at least 75 frames .* found 74"):
        spec.write(numbered_clip(74), detector, folder)
    with pytest.raises(SampleError, match=r"no face was found in any of its windows \(90 frames\)"):
        spec.write(numbered_clip(90, range(90)), detector, folder)
    with pytest.raises(VideoError, match="no such file"):
        spec.write(Clip("x", tmp_path / "x.mp4", "test", "s1", "anger"), detector, folder)


def test_a_window_without_a_face_is_left_out_and_said(numbered_clip, detector, folder):
    spec = StackSpec(interval=10, channels=3, window=30, **SMALL)
    written = spec.write(numbered_clip(100, range(30, 60)), detector, folder)
    assert written.files == ("window_000.tiff", "window_002.tiff")
    assert written.note == "no face in frames 30 to 59"
    assert (written.frames, written.coverage) == (100, pytest.approx(6 / 9))
    assert load_stack(folder / "window_002.tiff").frame_index.tolist() == [60, 70, 80]


def test_three_pictures_are_three_channels(image_clip, shown_frames):
    spec = StackSpec(interval=1, channels=3, size=48, detector="none")
    (stack,) = make_stacks(image_clip(3), None, spec)
    assert stack.frame_index.tolist() == shown_frames(stack.pixels) == [0, 1, 2]
    assert stack.fps is None


def test_a_longer_image_sequence_gives_its_last_pictures(image_clip, shown_frames):
    spec = StackSpec(interval=2, channels=3, size=48, detector="none")
    (stack,) = make_stacks(image_clip(8), None, spec)
    assert stack.frame_index.tolist() == shown_frames(stack.pixels) == [3, 5, 7]


def test_too_few_pictures_and_broken_ones_are_named(image_clip, folder):
    spec = StackSpec(interval=1, channels=3, size=48, detector="none")
    with pytest.raises(SampleError, match="at least 3 pictures for 3 channels, one every 1, found 2"):
        spec.write(image_clip(2), None, folder)
    clip = image_clip(3)
    clip.frames[1].write_text("no picture")
    with pytest.raises(VideoError, match="00000011.png: expected an image"):
        spec.write(clip, None, folder)


def test_a_stack_survives_its_file_exactly_and_equal_stacks_give_equal_bytes(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (5, 24, 24), np.uint8)
    for count in (5, 1):
        stack = ChannelStack(pixels[:count], np.array([0, 15, 15, 45, 60][:count]), "ä clip", 29.97)
        spec = StackSpec(interval=15, channels=count)
        save_stack(tmp_path / "a.tiff", stack, spec)
        save_stack(tmp_path / "b.tiff", stack, spec)
        again = load_stack(tmp_path / "a.tiff")
        np.testing.assert_array_equal(again.pixels, stack.pixels)
        np.testing.assert_array_equal(again.frame_index, stack.frame_index)
        assert (again.clip_id, again.fps) == ("ä clip", 29.97)
        assert (tmp_path / "a.tiff").read_bytes() == (tmp_path / "b.tiff").read_bytes()


def test_imagej_sees_time_frames_and_what_they_are(numbered_clip, detector, folder):
    StackSpec(interval=15, **SMALL).write(numbered_clip(90), detector, folder)
    with tifffile.TiffFile(folder / "window_000.tiff") as file:
        assert file.is_imagej
        assert (file.series[0].axes, file.series[0].shape) == ("TYX", (5, 16, 16))
        metadata = file.imagej_metadata
    assert metadata["frames"] == 5
    assert metadata["finterval"] == pytest.approx(0.5)
    assert metadata["Labels"] == [f"frame {i}" for i in (0, 15, 30, 45, 60)]
    info = json.loads(metadata["Info"])
    assert (info["clip_id"], info["frame_index"]) == ("s1_anger_1", [0, 15, 30, 45, 60])
    assert info["spec"]["channels"] == 5


def test_a_file_that_is_no_stack_is_named(tmp_path):
    tifffile.imwrite(tmp_path / "other.tiff", np.zeros((4, 4), np.uint8))
    (tmp_path / "cut.tiff").write_bytes(b"II*\0")
    for name in ("other.tiff", "cut.tiff", "absent.tiff"):
        with pytest.raises(SampleError, match=f"{name}: expected a channel stack"):
            load_stack(tmp_path / name)


def test_requests_that_make_no_sense_are_refused():
    with pytest.raises(EmoError, match="choose at most 18 channels"):
        StackSpec(interval=5, channels=19)
    with pytest.raises(EmoError, match="interval and window of 1 or more"):
        StackSpec(interval=0)
    with pytest.raises(EmoError, match="has no option frames; it has: interval, channels"):
        create_representation("stack", frames=60)
    with pytest.raises(EmoError, match="Did you mean 'stack'"):
        create_representation("stak")


def test_the_mesh_box_is_cut_with_ten_percent_and_others_are_aligned():
    mesh, short_range = StackSpec(detector="mediapipe_mesh").input_spec, StackSpec().input_spec
    assert (mesh.alignment, mesh.margin, mesh.size) == ("box", 0.10, 224)
    assert (short_range.alignment, short_range.interval, short_range.channels) == ("eyes", 5, 18)
