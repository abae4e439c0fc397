"""Eulerian magnification against the factor that its filters promise."""

import tracemalloc

import numpy as np
import pytest

from emo_utils.errors import EmoError
from emo_utils.motion.magnify import (
    Magnifier,
    MagnifyOptions,
    _collapse,
    laplacian_pyramid,
    level_gains,
    magnify_clip,
    magnify_frames,
    response,
)
from emo_utils.structures import Frame
from emo_utils.video import probe
from emo_utils.video_writer import write_video

FPS, WAVELENGTH_PX = 30, 32
MOVE_PX = 0.12


def waves(hertz: float, count: int = 240, size: int = 256, move_px: float = MOVE_PX):
    """Stripes that swing sideways by a fraction of a pixel."""
    x = np.arange(size)
    for number in range(count):
        shift = move_px * np.sin(2 * np.pi * hertz * number / FPS)
        line = 128 + 60 * np.sin(2 * np.pi * (x - shift) / WAVELENGTH_PX)
        yield np.tile(line, (size, 1))


def swing_px(pictures, hertz: float) -> float:
    """How far the stripes swing at this frequency, from their phase."""
    phases = []
    for picture in pictures:
        line = np.asarray(picture, float)[96:160, 64:192].mean(axis=0)
        x = np.arange(64, 192)
        phases.append(np.angle(np.sum((line - line.mean()) * np.exp(2j * np.pi * x / WAVELENGTH_PX))))
    shift = -np.unwrap(phases) * WAVELENGTH_PX / (2 * np.pi)
    late = np.arange(len(shift)) >= 60  # the filters have settled; six seconds are left, whole swings of each frequency
    times = np.arange(len(shift))[late] / FPS
    return 2 * abs(np.mean((shift[late] - shift[late].mean()) * np.exp(-2j * np.pi * hertz * times)))


def amplification_of_the_stripes(options) -> float:
    """What the levels of the pyramid together add to stripes of this wavelength, which no level holds alone."""
    still = next(waves(1.0)).astype(np.float32)
    bands = laplacian_pyramid(still, options.levels)
    added = _collapse([gain * band for gain, band in zip(level_gains(len(bands), options), bands, strict=True)])
    amplification = np.ptp(added[128, 64:192]) / np.ptp(still[128, 64:192])
    assert 0.75 * options.amplification < amplification <= options.amplification
    return amplification


def magnified(pictures, options):
    magnifier = Magnifier(options)
    return [magnifier(np.round(p).astype(np.uint8), number / FPS) for number, p in enumerate(pictures)]


@pytest.mark.parametrize("hertz", [0.5, 1.0, 2.0])
def test_motion_in_the_band_is_enlarged_by_the_promised_factor(hertz):
    options = MagnifyOptions(amplification=5, low_hz=0.4, high_hz=3.0, cutoff_px=16, levels=6)
    expected = abs(1 + amplification_of_the_stripes(options) * response(hertz, FPS, options))
    factor = swing_px(magnified(waves(hertz), options), hertz) / MOVE_PX
    assert expected > 2.5
    assert factor == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("hertz", "most"), [(0.0625, 1.6), (14.0, 1.9)])
def test_motion_outside_the_band_is_left_nearly_as_it_is(hertz, most):
    options = MagnifyOptions(amplification=5, low_hz=0.8, high_hz=1.6, cutoff_px=16, levels=6)
    inside = swing_px(magnified(waves(1.0), options), 1.0) / MOVE_PX
    outside = swing_px(magnified(waves(hertz, 480), options), hertz) / MOVE_PX
    assert outside < most < inside


def test_a_still_picture_stays_as_it_is():
    still = [np.random.default_rng(0).integers(0, 255, (64, 80, 3), dtype=np.uint8)] * 10
    for picture in magnified(still, MagnifyOptions(amplification=20)):
        assert np.abs(picture.astype(int) - still[0]).max() <= 2, "colours are converted there and back"


def test_streaming_gives_the_same_frames_as_reading_all_at_once():
    pictures = [Frame(np.dstack([np.round(p)] * 3).astype(np.uint8), i, i / FPS) for i, p in enumerate(waves(1.0, 40))]
    whole = list(magnify_frames(pictures))
    stream = magnify_frames(iter(pictures))
    for expected in whole:
        frame = next(stream)
        assert (frame.index, frame.time_s) == (expected.index, expected.time_s)
        np.testing.assert_array_equal(frame.pixels, expected.pixels)


def test_memory_does_not_grow_with_length():
    def peak(count: int) -> int:
        magnifier = Magnifier()
        tracemalloc.start()
        for number, picture in enumerate(waves(1.0, count)):
            magnifier(picture.astype(np.uint8), number / FPS)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(5)
    assert peak(300) < 1.1 * peak(30)


def test_the_rate_of_the_frames_does_not_matter():
    """Twice the frames in the same seconds: the same motion is enlarged as much."""
    options = MagnifyOptions(amplification=5, cutoff_px=16)
    slow, fast = (abs(1 + 5 * response(1.0, fps, options)) for fps in (30, 60))
    assert slow == pytest.approx(fast, rel=0.05)


def test_a_pyramid_gives_its_picture_back():
    picture = np.random.default_rng(0).uniform(0, 255, (61, 83, 3)).astype(np.float32)
    np.testing.assert_allclose(_collapse(laplacian_pyramid(picture, 4)), picture, atol=1e-3)


def test_fine_levels_are_amplified_less():
    gains = level_gains(5, MagnifyOptions(amplification=9, cutoff_px=16))
    assert gains == [pytest.approx(1.5), pytest.approx(4), pytest.approx(9), pytest.approx(9), 0]
    assert level_gains(5, MagnifyOptions(pyramid="gaussian", amplification=9)) == [9]


def test_a_gaussian_pyramid_magnifies_slow_changes_of_brightness():
    glow = [np.full((64, 64, 3), 100 + 2 * np.sin(2 * np.pi * i / FPS), np.float64) for i in range(150)]
    options = MagnifyOptions(pyramid="gaussian", amplification=10, colour=1.0)
    levels = [picture[..., 1].mean() for picture in magnified(glow, options)][60:]
    assert np.ptp(levels) > 3 * 4


@pytest.mark.parametrize(
    "options", [{"low_hz": 0}, {"low_hz": 4}, {"pyramid": "steerable"}, {"levels": 0}, {"amplification": -1}]
)
def test_senseless_options_are_refused(options):
    with pytest.raises(EmoError, match="magnify: expected"):
        MagnifyOptions(**options)


def test_a_clip_is_magnified_frame_by_frame(tmp_path):
    pictures = (np.dstack([np.round(p)] * 3).astype(np.uint8) for p in waves(1.0, 12, size=64))
    write_video(tmp_path / "in.mp4", pictures, FPS)
    done = []
    magnify_clip(tmp_path / "in.mp4", tmp_path / "out.mp4", on_frame=done.append)
    assert done == list(range(1, 13))
    assert probe(tmp_path / "out.mp4").frames == 12
