import pytest
import torch

from emo_utils.models import count_parameters, create_model, multiply_adds

S3_CHANNELS = 18
"""At interval 5. Of the source's channel counts (18, 9, 5) the only one that gives all three figures of its table."""


@pytest.mark.parametrize(
    ("name", "millions", "exactly"),
    [
        ("efficientnetv2_s", "20.839", 20_839_165),
        ("efficientnetv2_m", "53.520", 53_520_033),
        ("mobilenetv3_large", "3.469", 3_468_709),
    ],
)
def test_stack_backbones_have_the_parameters_of_the_source_table(name, millions, exactly):
    count = {channels: count_parameters(create_model(name, channels, 5, "random")) for channels in (18, 9, 5)}
    assert count[S3_CHANNELS] == exactly
    assert [channels for channels in count if f"{count[channels] / 1e6:.3f}" == millions] == [S3_CHANNELS]


def test_the_other_families_have_the_size_their_makers_say():
    assert count_parameters(create_model("face_net", 1, 8, "random")) == 1_774_016
    lstm, cnn, last = 4 * 128 * (8192 + 128 + 2), 16 * 10 + 32 * (16 * 9 + 1), 129 * 8
    assert count_parameters(create_model("cnn_lstm", 1, 8)) == cnn + lstm + last
    with torch.device("meta"):
        assert count_parameters(create_model("cnn3d", 3, 8, architecture="r3d_18")) == pytest.approx(33.2e6, rel=0.01)
        assert count_parameters(create_model("vit", 3, 8, "random")) == pytest.approx(21.7e6, rel=0.01)
        assert count_parameters(create_model("vit", 3, 8, "random", size="base")) == pytest.approx(85.8e6, rel=0.01)


def test_multiply_adds_are_those_of_the_architecture():
    convolution = torch.nn.Conv2d(3, 8, 3, padding=1, bias=False).train()
    assert multiply_adds(convolution, torch.zeros(2, 3, 10, 10)) == 2 * 8 * 100 * 27
    assert convolution.training
    face_net = create_model("face_net", 1, 8, "random")
    assert multiply_adds(face_net, torch.zeros(1, 1, 48, 48)) / 1e6 == pytest.approx(137, abs=1)
