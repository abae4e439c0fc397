"""The face network that starts from a recogniser of people."""

import pytest
import torch
from torch.nn import functional as F

from emo_utils import download
from emo_utils.errors import AssetError
from emo_utils.models import count_parameters, create_model, mobilenet_face
from emo_utils.models.folded_norms import restore_norms
from emo_utils.models.mobilenet_face import BGR_MEANS, PAIRS, read_recogniser


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    """Smooth gray pictures as networks are given them, -2 to 2."""
    blots = torch.randn(24, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    return F.interpolate(blots, 96, mode="bicubic").clamp(-2, 2)


@pytest.fixture
def started(recogniser_files):
    torch.manual_seed(0)
    return create_model("mobilenet_face", 1, 8, "recogniser").eval()


def features_of_the_graph(gray: torch.Tensor, tensors: dict[str, torch.Tensor]) -> torch.Tensor:
    """The recogniser's own features (N, 1024) of gray pictures 0 to 255 (N, 1, S, S), written from its graph."""
    x = gray.repeat(1, 3, 1, 1) - torch.tensor(BGR_MEANS).view(1, 3, 1, 1)

    def padded(x, stride):
        return F.pad(x, (0, 1, 0, 1) if stride == 2 else (1, 1, 1, 1))

    def ended(x, name):
        x = x * tensors.get(f"{name}_bn/batchnorm_1/mul", torch.ones(1)).view(1, -1, 1, 1)
        return (x + tensors[f"{name}_bn/batchnorm_1/sub"].view(1, -1, 1, 1)).clamp(0, 6)

    kernel = tensors["conv1/convolution/merged_input"].permute(3, 2, 0, 1)
    x = ended(F.conv2d(padded(x, 2), kernel, stride=2), "conv1")
    for number, (_, stride) in enumerate(PAIRS, start=1):
        kernel = tensors[f"conv_dw_{number}/depthwise_kernel"].permute(2, 3, 0, 1)
        x = ended(F.conv2d(padded(x, stride), kernel, stride=stride, groups=len(kernel)), f"conv_dw_{number}")
        kernel = tensors[f"conv_pw_{number}/convolution/merged_input"].permute(3, 2, 0, 1)
        x = ended(F.conv2d(x, kernel), f"conv_pw_{number}")
    return x.mean((2, 3))


def test_gray_faces_give_the_features_of_the_recogniser_to_the_border(started, pictures):
    expected = features_of_the_graph(pictures * 63.75 + 127.5, read_recogniser())
    with torch.no_grad():
        torch.testing.assert_close(started.embed(pictures), expected, atol=1e-4, rtol=1e-4)


def test_colour_faces_are_read_as_blue_green_red(recogniser_files, pictures):
    model = create_model("mobilenet_face", 3, 8, "recogniser").eval()
    gray = create_model("mobilenet_face", 1, 8, "recogniser").eval()
    with torch.no_grad():
        torch.testing.assert_close(model.embed(pictures.repeat(1, 3, 1, 1)), gray.embed(pictures), atol=1e-4, rtol=1e-4)
        red = torch.cat([pictures, 0 * pictures, 0 * pictures], 1)
        assert not torch.allclose(model.embed(red), model.embed(red.flip(1)), atol=1e-2)


def test_statistics_are_restored_and_no_output_changes(started, pictures):
    assert started.folded
    with torch.no_grad():
        before = started(pictures)
        restore_norms(started, pictures)
        torch.testing.assert_close(started(pictures), before, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(started(pictures.flip(3)[:7]), started.eval()(pictures.flip(3)[:7]))
    assert not started.folded


def test_training_begins_where_the_recogniser_stood_only_with_restored_statistics(started, pictures):
    """In training mode a normalisation divides by the batch's own statistics, which folded weights do not expect."""
    started.dropout.p = 0.0
    with torch.no_grad():
        expected = started(pictures)
        folded = create_model("mobilenet_face", 1, 8, "recogniser", dropout=0.0)
        folded.head.load_state_dict(started.head.state_dict())
        shifted = (folded.train()(pictures) - expected).abs().max()
        restore_norms(started, pictures)
        kept = (started.train()(pictures) - expected).abs().max()
    assert kept < 1e-3 < 0.1 < shifted


def test_it_is_as_small_as_the_task_asks_and_reads_any_size():
    model = create_model("mobilenet_face", 1, 8, "random").eval()
    assert count_parameters(model) < 5e6
    with torch.no_grad():
        assert model(torch.zeros(2, 1, 48, 48)).shape == model(torch.zeros(2, 1, 96, 96)).shape == (2, 8)


def test_a_missing_recogniser_says_which_files_to_fetch(tmp_path, monkeypatch):
    monkeypatch.setenv("EMO_MODELS_DIR", str(tmp_path))

    def no_network(*_, **__):
        raise AssetError("no network")

    monkeypatch.setattr(download, "download", no_network)
    with pytest.raises(AssetError, match=r"emo fetch faceres_layout.*put faceres\.json into"):
        mobilenet_face.read_recogniser()
