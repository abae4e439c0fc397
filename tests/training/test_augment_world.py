"""What the preset `world` adds: views and light from a side, parts of the face hidden."""

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from emo_utils.training.augment import augment
from emo_utils.training.augment_cover import SHAPES, cover
from emo_utils.training.augment_geometry import DISTANCE, seen_from_aside
from emo_utils.training.augmentation import PRESETS, Augmentation
from emo_utils.training.experiment import Experiment
from emo_utils.training.fit import change

SIDE = 48
EYES, MOUTH = (slice(15, 20), [15, 32]), (slice(36, 41), slice(19, 29))
"""Rows and columns of the eyes and of the mouth in a crop of 48 px."""


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_batch(count: int, channels: int = 1) -> torch.Tensor:
    return torch.rand(count, channels, SIDE, SIDE, generator=seeded(9))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_cover_has_one_gray_value_and_changes_nothing_beside_it(channels):
    before = random_batch(200, channels)
    after = cover(before, Augmentation(cover=0.5), seeded())
    changed = (after != before).any(1)
    covered = changed.any((1, 2))
    assert 0.4 < covered.float().mean() < 0.6
    for picture, hidden in zip(after[covered], changed[covered], strict=True):
        values = picture[:, hidden]
        assert values.unique().numel() == 1
        assert 0 <= values.min() <= values.max() <= 1
    assert torch.equal(after[~covered], before[~covered])
    assert not torch.equal(after, before)


@pytest.mark.parametrize(
    ("name", "hides_eyes", "hides_mouth"),
    [("scarf", 0, 0), ("mask", 0, 1), ("dark_glasses", 1, 0), ("glasses", None, 0)],
)
def test_each_shape_hides_what_it_is_named_after(name, hides_eyes, hides_mouth):
    shape = next(shape for shape, _ in SHAPES if shape.__name__ == name)
    along = (torch.arange(SIDE) + 0.5) * 2 / SIDE - 1
    hidden = shape(along.expand(60, 1, -1), along[:, None].expand(60, -1, 1), seeded()).float()
    assert hidden.mean((1, 2)).min() > 0.01
    assert hidden.mean((1, 2)).max() < 0.75
    if hides_eyes is not None:
        np.testing.assert_allclose(hidden[:, *EYES].mean(), hides_eyes, atol=0.1)
    np.testing.assert_allclose(hidden[:, *MOUTH].mean(), hides_mouth, atol=0.1)


@pytest.mark.parametrize("axis_deg", [0, 90, 30])
@pytest.mark.parametrize("turn_deg", [25, -35])
def test_a_view_from_a_side_is_the_projection_of_the_turned_picture(turn_deg, axis_deg):
    """Against OpenCV: corners of the picture are turned in space by Rodrigues' formula and projected."""
    picture = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), 2)
    turn, axis = np.deg2rad(turn_deg), np.deg2rad(axis_deg)
    rotation, _ = cv2.Rodrigues(turn * np.array([np.cos(axis), np.sin(axis), 0.0]))
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)
    turned = corners @ rotation.T
    seen = turned[:, :2] * DISTANCE / (DISTANCE + turned[:, 2:])

    def pixels(places):
        return ((places[:, :2] + 1) * SIDE / 2 - 0.5).astype(np.float32)

    transform = cv2.getPerspectiveTransform(pixels(corners), pixels(seen))
    expected = cv2.warpPerspective(picture, transform, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    grid = F.affine_grid(torch.eye(2, 3)[None], [1, 1, SIDE, SIDE], align_corners=False)
    grid = seen_from_aside(grid, torch.tensor([turn]).float(), torch.tensor([axis]).float())
    found = F.grid_sample(torch.from_numpy(picture)[None, None], grid, padding_mode="border", align_corners=False)
    np.testing.assert_allclose(found[0, 0], expected, atol=0.02)  # OpenCV rounds places to 1/32 pixel


def test_light_from_a_side_is_stronger_at_one_edge_and_stays_in_range():
    flat = torch.full((200, 1, SIDE, SIDE), 0.4)
    lit = augment(flat, Augmentation(shade=0.5), seeded())
    assert lit.min() >= 0
    assert lit.max() <= 1
    ratio = (lit.amax((1, 2, 3)) / lit.amin((1, 2, 3))).log()
    assert ratio.min() < 0.2
    assert 1.0 < ratio.max() <= 2 * 0.5 * 2**0.5 + 1e-4  # twice the strength, along the diagonal
    np.testing.assert_allclose(lit[:, 0, SIDE // 2, SIDE // 2], 0.4, atol=0.02)


@pytest.mark.parametrize("field", ["view_deg", "shade", "cover"])
def test_what_is_off_draws_no_numbers(field):
    """Runs that were recorded before these changes existed must come out the same."""
    assert all(getattr(how, field) == 0 for name, how in PRESETS.items() if name != "world")


def test_the_world_has_the_shape_and_type_of_the_batch_and_leaves_targets_as_they_are():
    batch = random_batch(12)
    targets = torch.rand(12, 8, generator=seeded(1)).softmax(1)
    experiment = Experiment(augmentation="world", mixup=0.0)
    given = batch.clone()
    changed, kept = change(batch, targets, experiment, seeded())
    assert (changed.shape, changed.dtype) == (batch.shape, torch.float32)
    assert changed.isfinite().all()
    assert torch.equal(batch, given)
    assert torch.equal(kept, targets)
