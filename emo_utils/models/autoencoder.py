"""CNN, autoencoder bottleneck, LSTM (system S1): the features of each frame are compressed before the LSTM."""

from torch import Tensor, nn

from emo_utils.errors import UnknownNameError, WeightsError
from emo_utils.models.freezing import Freezable
from emo_utils.models.imagenet import timm_network
from emo_utils.models.output import WithLoss
from emo_utils.models.registry import backbone
from emo_utils.models.temporal import LastHidden, encode_frames, mask_or_all
from emo_utils.registry import unknown_name

ENCODERS = {"cnn": 2048, "resnet18": 512, "resnet50": 2048}
"""Frame encoders, and the number of features of each."""


@backbone("cnn_autoencoder_lstm", accepts=("sequence",), starts=("random", "imagenet"))
def make_cnn_autoencoder_lstm(
    in_channels: int,
    num_classes: int,
    weights: str = "random",
    encoder: str = "cnn",
    bottleneck: int = 128,
    hidden: int = 128,
    bidirectional: bool = False,
    reconstruction_weight: float = 0.1,
    noise: float = 0.1,
    dropout: float = 0.3,
    stem: str | None = None,
    frozen: bool = False,
):
    """Make S1's network. Sequences may differ in length; the values of padded frames have no effect.

    Args:
        in_channels: 1 or 3.
        num_classes: number of logits.
        weights: of the frame encoder; `imagenet` only for the ResNets.
        encoder: `cnn` (three layers of its own), `resnet18`, `resnet50`.
        bottleneck: width of the autoencoder's code, which the LSTM reads.
        hidden: of the LSTM.
        bidirectional: a second LSTM takes each clip backwards.
        reconstruction_weight: weight of the autoencoder's loss, which is added to the cross-entropy.
        noise: share of the features that is dropped before encoding (denoising autoencoder).
        dropout: share dropped before the last layer.
        stem: how a ResNet's first convolution is changed for other than three channels (`stem.adapt_stem`).
        frozen: the frame encoder is not trained, and stays in evaluation mode.

    Raises:
        UnknownNameError: another encoder.
        WeightsError: ImageNet weights for the own CNN.
    """
    if encoder not in ENCODERS:
        raise UnknownNameError(unknown_name("encoder", encoder, ENCODERS))
    if encoder == "cnn" and weights != "random":
        raise WeightsError(
            f"encoder 'cnn' cannot start from {weights!r}: it has no trained weights, only random ones; `imagenet` "
            "needs encoder=resnet18 or encoder=resnet50"
        )
    frames = (
        own_cnn(in_channels) if encoder == "cnn" else timm_network(encoder, in_channels, weights, stem, num_classes=0)
    )
    autoencoder = Autoencoder(ENCODERS[encoder], bottleneck, noise)
    head = LastHidden(bottleneck, hidden, bidirectional)
    return AutoencoderOverTime(frames, autoencoder, head, num_classes, reconstruction_weight, dropout, frozen)


def own_cnn(in_channels: int) -> nn.Module:
    """Three convolutions of 32, 64, 128 channels, each halving the picture, averaged to 4x4: 2048 features."""
    layers: list[nn.Module] = []
    inputs = in_channels
    for outputs in (32, 64, 128):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten())


class Autoencoder(nn.Module):
    """An encoder of one layer and a decoder of two; denoising as in P. Vincent et al., ICML 2008."""

    def __init__(self, width: int, bottleneck: int, noise: float):
        super().__init__()
        self.encoder = nn.Sequential(nn.Dropout(noise), nn.Linear(width, bottleneck), nn.ReLU())
        self.decoder = nn.Sequential(nn.Linear(bottleneck, bottleneck), nn.ReLU(), nn.Linear(bottleneck, width))

    def loss(self, code: Tensor, features: Tensor, mask: Tensor) -> Tensor:
        """Mean squared difference between decoded and true features over real frames, as a share of their power.

        The features are targets here and get no gradient; otherwise training could lower the loss by shrinking them.
        """
        target = features.detach().float()
        error = (self.decoder(code).float() - target).square().mean(2)
        return (error * mask).sum() / (target.square().mean(2) * mask).sum().clamp(min=1e-6)


class AutoencoderOverTime(Freezable):
    """Frame encoder, autoencoder, temporal head, last layer; gives a `WithLoss` in training mode."""

    def __init__(
        self,
        frames: nn.Module,
        autoencoder: Autoencoder,
        head: LastHidden,
        num_classes: int,
        reconstruction_weight: float,
        dropout: float,
        frozen: bool,
    ):
        super().__init__()
        self.frames, self.autoencoder, self.head = frames, autoencoder, head
        self.reconstruction_weight = reconstruction_weight
        self.last = nn.Sequential(nn.Dropout(dropout), nn.Linear(head.width, num_classes))
        self.freeze("frames", frozen)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor | WithLoss:
        """Logits (N, classes) of float32 (N, T, C, S, S); mask bool (N, T), True where a frame is real.

        In training mode a `WithLoss`: the logits and the weighted reconstruction loss.
        """
        mask = mask_or_all(x, mask)
        features = encode_frames(self.frames, x, mask)
        code = self.autoencoder.encoder(features)
        logits = self.last(self.head(code, mask))
        if not self.training:
            return logits
        return WithLoss(logits, self.reconstruction_weight * self.autoencoder.loss(code, features, mask))
