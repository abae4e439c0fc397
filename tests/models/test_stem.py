import pytest
import torch
from torch.nn import functional as F

from emo_utils.errors import UnknownNameError
from emo_utils.models import create_model
from emo_utils.models.stem import STEMS, adapt_stem

WEIGHT = torch.randn(8, 3, 3, 3, generator=torch.Generator().manual_seed(0))
GRAY = torch.rand(2, 1, 12, 12, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 9, 18])
@pytest.mark.parametrize("how", list(STEMS))
@pytest.mark.parametrize("weight", [WEIGHT, WEIGHT[:, :1]], ids=["colour", "gray"])
def test_a_stack_that_stands_still_is_read_as_the_picture_was(how, channels, weight):
    expected = F.conv2d(GRAY.expand(-1, weight.shape[1], -1, -1), weight)
    found = F.conv2d(GRAY.expand(-1, channels, -1, -1), adapt_stem(weight, channels, how))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_sum_reads_the_mean_picture():
    stack = torch.rand(2, 9, 12, 12)
    expected = F.conv2d(stack.mean(1, keepdim=True).expand(-1, 3, -1, -1), WEIGHT)
    torch.testing.assert_close(F.conv2d(stack, adapt_stem(WEIGHT, 9, "sum")), expected, atol=1e-5, rtol=1e-5)


def test_tile_of_three_channels_is_the_old_convolution():
    assert torch.equal(adapt_stem(WEIGHT, 3, "tile"), WEIGHT)
    assert torch.equal(adapt_stem(WEIGHT, 3), WEIGHT), "the way without being asked"
    assert torch.equal(adapt_stem(WEIGHT, 5), adapt_stem(WEIGHT, 5, "sum")), "the way without being asked"


def test_tile_shares_each_colour_out_over_its_channels():
    tiled = adapt_stem(WEIGHT, 5, "tile")
    for channel, (colour, count) in enumerate([(0, 2), (1, 2), (2, 1), (0, 2), (1, 2)]):
        torch.testing.assert_close(tiled[:, channel], WEIGHT[:, colour] / count)


def test_difference_is_the_first_picture_plus_one_difference_of_neighbours_per_filter():
    stack, gray = torch.rand(1, 4, 12, 12), WEIGHT.sum(1, keepdim=True)
    found = F.conv2d(stack, adapt_stem(WEIGHT, 4, "difference"))
    for number in range(8):
        later = number % 3 + 1
        seen = stack[:, :1] + stack[:, later : later + 1] - stack[:, later - 1 : later]
        expected = F.conv2d(seen, gray[number : number + 1])
        torch.testing.assert_close(found[:, number : number + 1], expected, atol=1e-5, rtol=1e-5)


def test_an_unknown_way_lists_the_known():
    with pytest.raises(UnknownNameError, match="unknown stem 'summ'; known: difference, sum, tile. Did you mean 'sum'"):
        adapt_stem(WEIGHT, 3, "summ")


@pytest.mark.parametrize("name", ["mobilenetv3_large", "vit", "vgg16", "timm/resnet10t", "face_net"])
@pytest.mark.parametrize("how", list(STEMS))
def test_whole_networks_read_a_still_stack_the_same_however_many_channels(name, how):
    outputs = []
    for channels in (1, 6):
        torch.manual_seed(0)
        model = create_model(name, channels, 4, "random", stem=how).eval()
        with torch.no_grad():
            outputs.append(model(F.interpolate(GRAY, 48).expand(-1, channels, -1, -1)))
    torch.testing.assert_close(*outputs, atol=1e-4, rtol=1e-4)
