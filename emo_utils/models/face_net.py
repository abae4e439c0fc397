"""The face-expression network: a small residual net with squeeze-and-excitation, made for 48-pixel gray faces.

Residual blocks: K. He et al., CVPR 2016. Squeeze-and-excitation: J. Hu et al., CVPR 2018.
"""

from torch import Tensor, nn

from emo_utils.models.registry import PICTURES, backbone

STEM_CHANNELS = 32


@backbone("face_net", eats=PICTURES, starts=("random",))
def make_face_net(
    in_channels: int = 1, num_classes: int = 8, weights: str = "random", widths=(48, 96, 208), blocks=2, dropout=0.2
):
    """Make the network: 1.75 M parameters at its defaults, 135 M multiply-adds on a 48x48 face.

    The first layer brings every face to zero mean and unit variance, so that light and contrast do not matter.

    Args:
        in_channels: 1 for gray faces.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        widths: channels of the stages, which run at 1/2, 1/4 and 1/8 of the input's side.
        blocks: residual blocks a stage.
        dropout: share dropped before the last layer.
    """
    layers = [nn.InstanceNorm2d(in_channels), convolution(in_channels, STEM_CHANNELS), nn.ReLU(inplace=True)]
    inputs = STEM_CHANNELS
    for width in widths:
        for block in range(blocks):
            layers.append(ResidualBlock(inputs, width, stride=2 if block == 0 else 1))
            inputs = width
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(inputs, num_classes)]
    return nn.Sequential(*layers, *head)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with squeeze-and-excitation, added to a shortcut: (N, in, S, S) to (N, out, S/stride, .)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.first = convolution(inputs, outputs, stride)
        self.second = convolution(outputs, outputs)
        self.excitation = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(outputs, outputs // 8, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs // 8, outputs, 1),
            nn.Sigmoid(),
        )
        straight = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if straight else convolution(inputs, outputs, stride, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block."""
        residual = self.second(self.first(x).relu())
        return (residual * self.excitation(residual) + self.shortcut(x)).relu()


def convolution(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """Convolution without bias, then batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs)
    )
