from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from emo_utils.training.augment import augment, mixup
from emo_utils.training.augment_jpeg import compressed
from emo_utils.training.augmentation import PRESETS, Augmentation

CAMERA = [
    Augmentation(defocus=0.5),
    Augmentation(low_resolution=0.5),
    Augmentation(low_light=0.5),
    Augmentation(jpeg=0.5),
]
NAMES = ["defocus", "low_resolution", "low_light", "jpeg"]


def landscape(size=48):
    """A gray picture with soft and sharp parts, uint8 (S, S)."""
    rng = np.random.default_rng(4)
    smooth = cv2.resize(rng.uniform(30, 220, (6, 6)), (size, size), interpolation=cv2.INTER_CUBIC)
    smooth[size // 4 : size // 2, size // 3 : size // 2] += 60
    return np.clip(smooth + rng.normal(0, 6, (size, size)), 0, 255).astype(np.uint8)


def as_batch(picture, count):
    return torch.from_numpy(picture).float().div(255).expand(count, 1, -1, -1).contiguous()


def fine_detail(pixels):
    """Mean energy above half of the highest frequency, of each sample; its borders faded out, which would add some."""
    fade = torch.hann_window(pixels.shape[-1])
    spectrum = torch.fft.rfft2((pixels[:, 0] - pixels.mean()) * fade * fade[:, None]).abs() ** 2
    high = torch.fft.fftfreq(pixels.shape[-1]).abs()[:, None].maximum(torch.fft.rfftfreq(pixels.shape[-1])[None]) > 0.25
    return spectrum[:, high].mean(1)


@pytest.mark.parametrize("name", ["faces", "soft", "video", "medium", "mild", "world", "stack"])
def test_it_is_drawn_anew_and_depends_on_the_seed_alone(name):
    pictures = torch.rand(6, 3, 48, 48)
    rng = torch.Generator().manual_seed(1)
    first, second = (augment(pictures, PRESETS[name], rng) for _ in range(2))
    assert torch.equal(first, augment(pictures, PRESETS[name], torch.Generator().manual_seed(1)))
    assert not torch.equal(first, second)


def test_every_channel_of_a_stack_is_changed_alike():
    stack = torch.rand(8, 1, 48, 48).expand(-1, 18, -1, -1).contiguous()
    changed = augment(stack, PRESETS["stack"], torch.Generator().manual_seed(0))
    assert not torch.equal(changed, stack)
    for channel in range(1, 18):
        assert torch.equal(changed[:, 0], changed[:, channel])


def test_none_changes_nothing():
    stack = torch.rand(2, 3, 16, 16)
    assert augment(stack, PRESETS["none"], torch.Generator()) is stack


def test_the_source_preset_stays_in_the_sources_ranges():
    """S3.5: 30 degrees, shifts of 0.2, scales from 0.75 to 1.05."""
    stack = PRESETS["stack"]
    assert (stack.rotation_deg, stack.shift, stack.scale) == (30.0, 0.2, (0.75, 1.05))
    dot = torch.zeros(400, 1, 65, 65)
    dot[:, :, 32, 32] = 1  # the middle: only a shift moves it
    shifted = augment(dot, Augmentation(shift=0.2), torch.Generator().manual_seed(0)).flatten(1)
    where = shifted.argmax(1)
    reach = torch.stack([where // 65 - 32, where % 65 - 32]).abs()
    assert 0.15 * 65 < reach.max() <= 0.2 * 65 + 1


def test_scaling_goes_the_right_way():
    square = torch.zeros(1, 1, 65, 65)
    square[:, :, 22:43, 22:43] = 1
    larger = augment(square, Augmentation(scale=(1.5, 1.5)), torch.Generator())
    assert larger.sum() == pytest.approx(float(square.sum()) * 2.25, rel=0.05)


def test_erasing_hides_one_rectangle_in_every_channel():
    pictures = torch.ones(20, 2, 32, 32)
    hidden = augment(pictures, Augmentation(erase=1.0, erase_with_noise=False), torch.Generator().manual_seed(0)) == 0.5
    assert hidden.any(dim=(2, 3)).all()
    assert torch.equal(hidden[:, 0], hidden[:, 1])
    for picture in hidden[:, 0]:
        rows, columns = picture.any(1), picture.any(0)
        assert picture.sum() == rows.sum() * columns.sum()


def test_mixup_mixes_targets_as_it_mixes_pictures():
    levels = torch.linspace(0.2, 0.9, 8)
    pictures = levels.view(-1, 1, 1, 1).expand(-1, 1, 8, 8)
    mixed, targets = mixup(pictures, torch.eye(8), 1.0, torch.Generator().manual_seed(3))
    np.testing.assert_allclose(mixed[:, 0, 0, 0], targets @ levels, rtol=1e-5)
    np.testing.assert_allclose(targets.sum(1), 1, rtol=1e-5)
    assert not torch.equal(targets, torch.eye(8))


@pytest.mark.parametrize("name", ["faces", "stack"])
def test_what_is_off_draws_no_numbers(name):
    """Runs that were recorded before a change was added must come out the same."""
    rng, extended = (torch.Generator().manual_seed(7) for _ in range(2))
    pictures = torch.rand(16, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    plain = augment(pictures, PRESETS[name], rng)
    assert torch.equal(plain, augment(pictures, replace(PRESETS[name], resolution=(0.2, 0.3)), extended))
    assert torch.equal(rng.get_state(), extended.get_state())


@pytest.mark.parametrize("how", CAMERA, ids=NAMES)
def test_only_the_chosen_share_changes_and_all_channels_alike(how):
    before = as_batch(landscape(), 400).expand(-1, 2, -1, -1)
    after = augment(before, how, torch.Generator().manual_seed(0))
    by_warp = augment(before, Augmentation(flip=1e-9), torch.Generator().manual_seed(0))  # interpolation's last bits
    changed = (after - by_warp).abs().amax((1, 2, 3)) > 1e-3
    assert 0.4 < changed.float().mean() < 0.6
    if how.low_light == 0:  # a sensor's noise is another in every frame
        np.testing.assert_allclose(after[:, 0], after[:, 1], atol=1e-6)


@pytest.mark.parametrize("size", [48, 50, 64])
@pytest.mark.parametrize("how", CAMERA, ids=NAMES)
def test_no_change_of_size_range_or_mean_brightness(how, size):
    before = as_batch(landscape(size), 30)
    after = augment(before, how, torch.Generator().manual_seed(1))
    assert after.shape == before.shape
    assert after.min() >= -1e-5
    assert after.max() <= 1 + 1e-5
    np.testing.assert_allclose(after.mean((1, 2, 3)), before.mean((1, 2, 3)), atol=0.02)


@pytest.mark.parametrize("how", [Augmentation(low_resolution=1.0), Augmentation(defocus=1.0, defocus_px=(1.0, 2.0))])
def test_fine_detail_goes_and_a_flat_picture_stays(how):
    before = as_batch(landscape(), 50)
    after = augment(before, how, torch.Generator().manual_seed(0))
    assert (fine_detail(after) < 0.5 * fine_detail(before)).all()
    flat = torch.full((20, 1, 48, 48), 0.3)
    np.testing.assert_allclose(augment(flat, how, torch.Generator().manual_seed(0)), flat, atol=1e-5)


def test_low_resolution_is_what_a_small_picture_enlarged_looks_like():
    picture = landscape()
    how = Augmentation(low_resolution=1.0, resolution=(0.5, 0.5))
    small = cv2.resize(picture.astype(np.float32), (24, 24), interpolation=cv2.INTER_AREA)
    expected = cv2.resize(small, (48, 48), interpolation=cv2.INTER_LINEAR) / 255
    np.testing.assert_allclose(augment(as_batch(picture, 1), how, torch.Generator())[0, 0], expected, atol=1e-4)


def test_defocus_is_a_gaussian_blur():
    picture = landscape()
    how = Augmentation(defocus=1.0, defocus_px=(1.5, 1.5))
    expected = cv2.GaussianBlur(picture.astype(np.float32), (13, 13), 1.5, borderType=cv2.BORDER_REPLICATE) / 255
    np.testing.assert_allclose(augment(as_batch(picture, 1), how, torch.Generator())[0, 0], expected, atol=1e-3)


@pytest.mark.parametrize("quality", [90, 50, 20, 8])
@pytest.mark.parametrize("size", [48, 52])
def test_compression_gives_what_a_jpeg_file_gives(quality, size):
    """But for the rounding of libjpeg's integer transform, which may tip a frequency over to its next step."""
    picture = landscape(size)
    _, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    expected = cv2.imdecode(file, cv2.IMREAD_GRAYSCALE).astype(float)
    found = compressed(as_batch(picture, 1), torch.tensor([float(quality)]))[0, 0].numpy() * 255
    assert (np.abs(found - expected) <= 1).mean() > 0.9
    assert np.abs(found - expected).mean() < 0.5


def test_the_best_quality_changes_next_to_nothing_and_lower_ones_ever_more():
    before = as_batch(landscape(), 4)
    after = compressed(before, torch.tensor([100.0, 60.0, 30.0, 8.0]))
    error = (after - before).abs().mean((1, 2, 3)) * 255
    assert error[0] < 0.6
    assert (error.diff() > 0.5).all()


def test_blocks_begin_anywhere():
    """A crop's corner has nothing to do with the grid of the file that it was cut from."""
    before = as_batch(landscape(), 1)
    how = Augmentation(jpeg=1.0, jpeg_quality=(8.0, 8.0))
    distinct = {augment(before, how, torch.Generator().manual_seed(seed)).numpy().tobytes() for seed in range(12)}
    assert len(distinct) > 6


def test_less_light_is_more_noise_and_fewer_gray_values():
    flat = torch.full((40, 1, 48, 48), 0.5)
    noise, grays = [], []
    for light in (0.6, 0.1):
        dark = augment(flat, Augmentation(low_light=1.0, light=(light, light)), torch.Generator().manual_seed(2))
        noise.append(dark.std().item())
        grays.append(len(dark[0].unique()))
    expected = [(0.5 / 500 / light) ** 0.5 for light in (0.6, 0.1)]  # shot noise: root of the photons, brightened again
    np.testing.assert_allclose(noise, expected, rtol=0.1)
    assert grays[1] < grays[0]
