import pytest
import torch
from torch import nn

from emo_utils.errors import EmoError
from emo_utils.models import backbones, channel_relevance, create_model, embeddings, grad_cam

SHAPES = {"frame": (1, 64, 64), "stack": (5, 64, 64), "sequence": (3, 1, 48, 48)}
SHAPES |= {"features": (12,), "embeddings": (6, 12)}
PICTURES = [name for name in backbones if "stack" in backbones.get(name).accepts]


def make(name: str):
    torch.manual_seed(0)
    representation = [kind for kind in backbones.get(name).accepts if kind != "apex"][-1]
    shape = SHAPES[representation]
    channels = shape[1] if representation in ("sequence", "embeddings") else shape[0]
    return create_model(name, channels, 4, "random").eval(), torch.rand(2, *shape)


@pytest.mark.parametrize("name", list(backbones))
def test_embeddings_are_what_the_last_layer_reads(name):
    model, x = make(name)
    found = embeddings(model.train(), x)
    assert model.training, "left as it was"
    assert found.dtype == torch.float32
    last = [layer for layer in model.modules() if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        torch.testing.assert_close(last(found), model.eval()(x), atol=1e-4, rtol=1e-4)


def test_embeddings_of_something_else_are_refused():
    with pytest.raises(EmoError, match="expected a network that ends in a linear layer, found Conv2d"):
        embeddings(nn.Conv2d(1, 4, 3), torch.zeros(2, 1, 8, 8))


@pytest.mark.parametrize("name", [name for name in PICTURES if name != "vit"])
def test_heat_maps_cover_the_picture_in_shares_of_one(name):
    model, x = make(name)
    heat = grad_cam(model, x)
    assert heat.shape == (2, 64, 64)
    assert heat.dtype == torch.float32
    assert heat.min() >= 0
    assert heat.max() <= 1
    assert all(parameter.grad is None for parameter in model.parameters())


class SumOfBrightness(nn.Module):
    """Class 0 is brightness on the left, class 1 on the right."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(1, 2, 1, bias=False)
        with torch.no_grad():
            self.maps.weight.fill_(1)

    def forward(self, x):
        maps = self.maps(x)
        return torch.stack([maps[:, 0, :, :4].mean((1, 2)), maps[:, 1, :, 4:].mean((1, 2))], 1)


def test_the_heat_lies_where_the_evidence_is():
    picture = torch.zeros(1, 1, 8, 8)
    picture[..., 2, 1] = 1
    heat = grad_cam(SumOfBrightness(), picture, label=0)
    assert divmod(int(heat.argmax()), 8) == (2, 1)
    assert heat.max() == 1


def test_what_keeps_no_maps_is_refused():
    model, x = make("vit")
    with pytest.raises(EmoError, match="expected a network that keeps maps.*For a transformer, use embeddings"):
        grad_cam(model, x)
    model, x = make("cnn_lstm")
    with pytest.raises(EmoError, match=r"expected pictures \(N, C, S, S\), found \(2, 3, 1, 48, 48\)"):
        grad_cam(model, x)
    with pytest.raises(EmoError, match="Where the picture is small, use a larger one"):
        grad_cam(nn.Sequential(nn.Conv2d(1, 2, 4), nn.Flatten()), torch.rand(1, 1, 4, 4))


@pytest.mark.parametrize("name", ["face_net_stack", "mobilenetv3_large", "vit"])
def test_relevance_shares_of_channels_sum_to_one(name):
    model, x = make(name)
    relevance = channel_relevance(model, x, label=2)
    assert relevance.shape == (2, 5)
    torch.testing.assert_close(relevance.sum(1), torch.ones(2))


def test_a_channel_that_is_not_read_has_no_relevance():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16, 2))
    with torch.no_grad():
        model[1].weight[:, 16:32] = 0
    relevance = channel_relevance(model, torch.rand(2, 3, 4, 4))
    assert (relevance[:, 1] == 0).all()
    assert (relevance[:, [0, 2]] > 0).all()
