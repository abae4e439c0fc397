"""Promises that every backbone keeps, for every representation it accepts."""

import inspect

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from emo_utils.errors import EmoError, UnknownNameError, WeightsError
from emo_utils.models import backbones, backbones_for, count_parameters, create_model, find_backbone
from emo_utils.models.output import WithLoss

SHAPES = {
    "frame": (1, 48, 48),
    "apex": (3, 64, 64),
    "stack": (5, 48, 48),
    "sequence": (3, 1, 48, 48),
    "features": (12,),
    "embeddings": (3, 12),
}
CHANNELS = {"frame": 1, "apex": 3, "stack": 5, "sequence": 1, "features": 12, "embeddings": 12}
PAIRS = [(name, representation) for name in backbones for representation in backbones.get(name).accepts]
CLASSES = 4
NAMES = list(backbones)
BY_HEART = [name for name in NAMES if name != "efficientnetv2_m"]  # efficientnetv2_s with more layers
FROM_FERPLUS = [(name, "ferplus") for name in NAMES if name.startswith("face_net")]
OPTIONS = {"timm": {"architecture": "resnet10t"}}


def batch(representation: str, count: int) -> tuple[torch.Tensor, ...]:
    """Random samples, pictures as smooth blots; sequences of different lengths, with their mask."""
    shape = (count, *SHAPES[representation])
    random = torch.Generator().manual_seed(0)
    if representation == "features":
        return (torch.randn(shape, generator=random),)
    if representation == "embeddings":
        x = torch.randn(shape, generator=random)
        return x, torch.arange(shape[1]) < (torch.arange(count) % shape[1] + 1)[:, None]
    blots = torch.randn(*shape[:-2], 6, 6, generator=random)
    x = F.interpolate(blots.flatten(0, -4), shape[-1], mode="bilinear").view(shape)
    if representation != "sequence":
        return (x,)
    mask = torch.arange(x.shape[1]) < (torch.arange(count) % x.shape[1] + 1)[:, None]
    return x * mask[:, :, None, None, None], mask


def make(name: str, representation: str, weights: str = "random", **options):
    torch.manual_seed(0)
    options = {**OPTIONS.get(name, {}), **options}
    return create_model(name, CHANNELS[representation], CLASSES, weights, **options)


def loss_of(output, labels):
    logits, own = output if isinstance(output, WithLoss) else (output, 0.0)
    return F.cross_entropy(logits.float(), labels) + own


@pytest.mark.parametrize(("name", "representation"), PAIRS)
def test_one_step_reaches_every_parameter_and_predictions_have_the_right_shape(name, representation):
    model, inputs = make(name, representation).train(), batch(representation, 2)
    loss = loss_of(model(*inputs), torch.tensor([0, 3]))
    loss.backward()
    assert loss.isfinite()
    assert not [key for key, p in model.named_parameters() if p.grad is None], "not reached by the gradient"
    assert next(model.parameters()).grad.abs().sum() > 0
    torch.optim.SGD(model.parameters(), lr=1e-3).step()
    with torch.no_grad():
        logits = model.eval()(*inputs)
    assert logits.shape == (2, CLASSES)
    assert logits.dtype == torch.float32
    assert logits.isfinite().all()


RATES = ((1e3, 0.1), (10e6, 1e-3), (float("inf"), 3e-4))
"""Learning rates by number of parameters; the smallest are a single linear layer."""


@pytest.mark.parametrize(("name", "weights"), [*((name, "random") for name in BY_HEART), *FROM_FERPLUS])
def test_eight_samples_are_learnt_by_heart(name, weights):
    """Trained in training mode, judged in evaluation mode by the statistics of the eight, which are all there is."""
    representation = backbones.get(name).accepts[0]
    options = {"dropout": 0.0} if "dropout" in inspect.signature(backbones.get(name)).parameters else {}
    model, inputs = make(name, representation, weights, **options), batch(representation, 8)
    labels = torch.arange(8) % CLASSES
    rate = next(rate for most, rate in RATES if count_parameters(model) < most)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.0)
    for step in range(60):
        optimizer.zero_grad()
        loss_of(model.train()(*inputs), labels).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 4 == 3:
            measure_statistics(model, inputs)
            right = (predict(model, inputs).argmax(1) == labels).sum()
            if right == 8:
                return
    pytest.fail(f"after {step + 1} steps {right} of 8 samples are right")


@torch.no_grad()
def predict(model, inputs):
    return model.eval()(*inputs)


@torch.no_grad()
def measure_statistics(model, inputs) -> None:
    """Set the normalisations' running statistics to mean and population variance over the samples."""
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.training]

    def measure(norm, given):
        axes = [axis for axis in range(given[0].ndim) if axis != 1]
        norm.running_mean.copy_(given[0].mean(axes))
        norm.running_var.copy_(given[0].var(axes, correction=0))

    hooks = [norm.register_forward_hook(lambda norm, given, _: measure(norm, given)) for norm in norms]
    model.train()(*inputs)
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("name", NAMES)
def test_bfloat16_and_channels_last_change_little(name):
    representation = backbones.get(name).accepts[-1]
    model, inputs = make(name, representation).eval(), batch(representation, 2)
    with torch.no_grad():
        expected = model(*inputs).softmax(1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            if inputs[0].ndim == 4:
                model = model.to(memory_format=torch.channels_last)
                inputs = (inputs[0].contiguous(memory_format=torch.channels_last),)
            found = model(*inputs).float().softmax(1)
    assert (found - expected).abs().max() < 0.05
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = loss_of(model.train()(*inputs), torch.tensor([0, 1]))
    loss.backward()
    assert loss.isfinite()


@pytest.mark.parametrize("name", NAMES)
def test_every_backbone_says_what_it_accepts_and_how_it_starts(name):
    factory = backbones.get(name)
    assert factory.accepts
    assert set(factory.accepts) <= set(SHAPES)
    assert "random" in factory.starts
    assert factory.__doc__
    assert name in backbones_for(factory.accepts[0])


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "mobilenetv3_large", "face_net_lstm", "cnn_autoencoder_lstm"])
def test_a_frozen_part_is_neither_trained_nor_normalised_anew(name):
    representation = backbones.get(name).accepts[0]
    model, inputs = make(name, representation, frozen=True).train(), batch(representation, 4)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    loss_of(model(*inputs), torch.arange(4) % CLASSES).backward()
    torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1).step()
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    assert changed
    assert not [key for key in changed if key.startswith(("trunks", "encoder", "frames"))]


def test_any_timm_name_works_and_an_unknown_one_names_the_nearest():
    model = create_model("timm/regnetx_002", 5, CLASSES, "random")
    assert model.eval()(torch.zeros(1, 5, 64, 64)).shape == (1, CLASSES)
    assert find_backbone("timm/regnetx_002").accepts == backbones.get("timm").accepts
    with pytest.raises(UnknownNameError, match=r"unknown timm architecture 'resnet_18'.*Did you mean .*'resnet18'"):
        create_model("timm/resnet_18", 3, CLASSES, "random")
    with pytest.raises(UnknownNameError, match=r"unknown timm architecture 'resnet18\.a9_in1k'.*a1_in1k"):
        create_model("timm/resnet18.a9_in1k", 3, CLASSES, "random")


def test_a_name_a_start_or_an_option_that_is_not_there_is_refused():
    with pytest.raises(UnknownNameError, match="unknown backbone 'cnn_lsmt'.*Did you mean 'cnn_lstm'"):
        create_model("cnn_lsmt", 1, 8)
    with pytest.raises(WeightsError, match="'cnn_lstm' cannot start from 'imagenet'; expected one of random"):
        create_model("cnn_lstm", 1, 8, "imagenet")
    with pytest.raises(EmoError, match="'cnn_lstm' has no option 'depth'; it has hidden, bidirectional, dropout"):
        create_model("cnn_lstm", 1, 8, depth=3)


def test_the_vision_transformer_comes_in_two_sizes_and_reads_pictures_of_any_size():
    model = make("vit", "apex", size="base", img_size=64).eval()
    for side in (48, 64, 70):
        assert model(torch.zeros(1, 3, side, side)).shape == (1, CLASSES)
    with pytest.raises(UnknownNameError, match="unknown size of vit 'huge'; known: base, small"):
        make("vit", "apex", size="huge")
