import numpy as np
import pytest
import torch

from emo_utils.training.augment import PRESETS, Augmentation, augment, mixup


@pytest.mark.parametrize("name", ["faces", "stack"])
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
    torch.testing.assert_close(mixed[:, 0, 0, 0], targets @ levels)
    np.testing.assert_allclose(targets.sum(1), 1, rtol=1e-5)
    assert not torch.equal(targets, torch.eye(8))
