import pytest
import torch

from emo_utils.errors import EmoError, UnknownNameError
from emo_utils.models import attention_maps, backbones, create_model
from emo_utils.models.output import WithLoss
from emo_utils.models.temporal import LastHidden, positions
from emo_utils.models.volumes import resample

VARIANTS = [
    *((name, {}) for name in backbones if "sequence" in backbones.get(name).accepts),
    ("cnn_lstm", {"bidirectional": True}),
    ("cnn_autoencoder_lstm", {"bidirectional": True}),
    ("cnn_autoencoder_lstm", {"encoder": "resnet18"}),
    ("cnn3d", {"architecture": "r3d_18", "frames": 4}),
]
IDS = [f"{name}-{'-'.join(map(str, options.values()))}".strip("-") for name, options in VARIANTS]


def make(name: str, channels: int = 1, **options):
    torch.manual_seed(0)
    return create_model(name, channels, 4, "random", **options)


def clips(lengths: tuple[int, ...], total: int, padding: float = 0.0):
    x = torch.randn(len(lengths), max(lengths), 1, 32, 32, generator=torch.Generator().manual_seed(0))
    x = torch.cat([x, torch.zeros(len(lengths), total - max(lengths), 1, 32, 32)], 1)
    mask = torch.arange(total) < torch.tensor(lengths)[:, None]
    return torch.where(mask[:, :, None, None, None], x, torch.tensor(padding)), mask


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=IDS)
@torch.no_grad()
def test_padding_does_not_matter(name, options):
    model = make(name, **options).eval()
    x, mask = clips((2, 4, 3), 4)
    expected = model(x, mask)
    torch.testing.assert_close(model(*clips((2, 4, 3), 7, padding=9.0)), expected, atol=1e-5, rtol=1e-4)
    alone = torch.cat([model(x[row : row + 1, :count]) for row, count in enumerate((2, 4, 3))])
    torch.testing.assert_close(alone, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=IDS)
def test_padding_does_not_matter_in_training_either(name, options):
    """Neither for the loss nor for the statistics of normalisations."""
    states = []
    for total, padding in ((4, 0.0), (7, 9.0)):
        model = make(name, **{**options, "dropout": 0.0}, **({"noise": 0.0} if "autoencoder" in name else {})).train()
        output = model(*clips((2, 4, 3), total, padding))
        logits, loss = output if isinstance(output, WithLoss) else (output, torch.zeros(()))
        states.append((logits, loss, dict(model.named_buffers())))
    torch.testing.assert_close(*states, atol=1e-4, rtol=1e-4)


def test_the_small_cnn_gives_8192_features_of_a_64_pixel_face():
    for name in ("cnn_lstm", "cnn_attention"):
        encoder = make(name, 3).encoder
        assert encoder(torch.zeros(2, 3, 64, 64)).shape == (2, 8192)
        picture = torch.rand(2, 3, 64, 64)
        assert torch.equal(encoder(picture), encoder[:-2](picture).flatten(1)), "no averaging at this size"
        assert encoder(torch.zeros(2, 3, 224, 224)).shape == (2, 8192)


def test_the_lstm_gives_its_state_after_the_last_real_frame():
    torch.manual_seed(0)
    head, x = LastHidden(6, 5, bidirectional=True), torch.randn(2, 4, 6)
    mask = torch.tensor([[True, True, False, False], [True] * 4])
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor([2, 4]), batch_first=True, enforce_sorted=False)
    reference = torch.nn.LSTM(6, 5, batch_first=True, bidirectional=True)
    state = dict(head.onward.state_dict())
    state |= {f"{key}_reverse": value for key, value in head.backward_in_time.state_dict().items()}
    reference.load_state_dict(state)
    expected = torch.cat(list(reference(packed)[1][0]), 1)
    torch.testing.assert_close(head(x, mask), expected)


def test_time_matters_to_what_should_see_it_and_not_to_the_mean():
    x = torch.randn(1, 4, 1, 48, 48)
    for name in ("cnn_lstm", "cnn_attention", "cnn_autoencoder_lstm", "cnn3d", "face_net_lstm", "face_net_attention"):
        model = make(name).eval()
        assert not torch.allclose(model(x), model(x.flip(1)), atol=1e-6), name
    model = make("face_net_mean").eval()
    torch.testing.assert_close(model(x), model(x.flip(1)))


def test_positions_are_the_published_ones():
    table = positions(5, 6)
    assert table[0].tolist() == [0, 1, 0, 1, 0, 1]
    torch.testing.assert_close(table[3, 2], torch.tensor(3 / 10_000 ** (2 / 6)).sin())
    torch.testing.assert_close(table[3, 3], torch.tensor(3 / 10_000 ** (2 / 6)).cos())


@pytest.mark.parametrize("name", ["cnn_attention", "face_net_attention"])
def test_attention_maps_are_shares_over_real_frames(name):
    model = make(name).train()
    x, mask = clips((2, 4), 5)
    maps = attention_maps(model, x, mask)
    assert maps.shape == (2, 4, 5, 5)
    assert model.training, "left as it was"
    torch.testing.assert_close(maps.sum(3), mask[:, None].expand(-1, 4, -1).float())
    assert (maps[0, :, :, 2:] == 0).all()
    with pytest.raises(EmoError, match="cnn_attention, face_net_attention"):
        attention_maps(make("cnn_lstm"), x, mask)


def test_the_reconstruction_loss_is_weighted_and_only_there_in_training():
    x, mask = clips((2, 4), 5)
    losses = []
    for weight in (0.1, 0.4):
        model = make("cnn_autoencoder_lstm", reconstruction_weight=weight, noise=0.0, dropout=0.0).train()
        losses.append(model(x, mask).loss.item())
    assert 0 < losses[0] < 1
    assert losses[1] == pytest.approx(4 * losses[0])
    assert isinstance(model.eval()(x, mask), torch.Tensor)


def test_the_autoencoder_learns_to_reconstruct():
    x, mask = clips((2, 4), 5)
    model = make("cnn_autoencoder_lstm", noise=0.0, dropout=0.0, reconstruction_weight=1.0, frozen=True).train()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = model(x, mask).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]


def test_resampling_takes_real_frames_evenly_with_first_and_last():
    x, mask = torch.arange(10.0).expand(2, -1), torch.arange(10) < torch.tensor([[10], [3]])
    assert resample(x, mask, 4).tolist() == [[0, 3, 6, 9], [0, 1, 1, 2]]


def test_options_that_are_not_there_list_the_known():
    with pytest.raises(UnknownNameError, match="unknown encoder 'resnet19'; known: cnn, resnet18, resnet50"):
        make("cnn_autoencoder_lstm", encoder="resnet19")
    with pytest.raises(UnknownNameError, match="unknown architecture of cnn3d 'r3d'; known: r3d_18, small"):
        make("cnn3d", architecture="r3d")
    with pytest.raises(EmoError, match="reads frames of 1 .* or 3 .* channels, found 2"):
        make("face_net_mean", 2)
    with pytest.raises(EmoError, match="expected early = 1, 2 or 3 stages, found 4"):
        make("face_net_stack", 5, early=4)
