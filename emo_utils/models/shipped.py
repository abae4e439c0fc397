"""First weights that come with this package: trained on FER+, in `emo_utils/weights/`, checked by hash."""

import json
import re
from pathlib import Path

import torch
from torch import Tensor, nn

from emo_utils.errors import AssetError, WeightsError
from emo_utils.hashing import check_sha256, sha256_of_file
from emo_utils.output import whole_file, write_text_whole

FOLDER = Path(__file__).resolve().parents[1] / "weights"
"""Folder of the files; each has a JSON sidecar with its SHA-256."""

FERPLUS_CLASSES = 8
"""Emotions of FER+."""


def read_onnx(name: str) -> list[dict[str, Tensor]]:
    """Weights of each network inside `<name>.onnx`, by name; normalisations are folded into convolutions.

    Raises:
        AssetError: the file is not there.
        WeightsError: its hash differs from the sidecar's, or its weights are quantised.
    """
    import onnx

    path = FOLDER / f"{name}.onnx"
    networks: dict[int, dict[str, Tensor]] = {}
    for stored in onnx.load(checked(path)).graph.initializer:
        if found := re.fullmatch(r"networks\.(\d+)\.(.+)", stored.name):
            networks.setdefault(int(found[1]), {})[found[2]] = torch.tensor(onnx.numpy_helper.to_array(stored))
    if not networks or any(
        tensor.dtype != torch.float32 for tensors in networks.values() for tensor in tensors.values()
    ):
        raise WeightsError(
            f"{path}: expected float32 weights to start from, found none; take the file before it was quantised"
        )
    return [networks[index] for index in sorted(networks)]


def read_tensors(name: str) -> dict[str, Tensor]:
    """The state dict inside `<name>.safetensors`, float32; see `read_onnx` for the errors."""
    from safetensors.torch import load_file

    stored = load_file(checked(FOLDER / f"{name}.safetensors"))
    return {key: value.float() if value.is_floating_point() else value for key, value in stored.items()}


def write_tensors(model: nn.Module, path: Path, metadata: dict) -> None:
    """Write a file for `read_tensors`: `path` (.safetensors, half precision) and its JSON sidecar.

    Args:
        model: a backbone of pictures made with `in_channels=1` and the 8 classes of FER+.
        path: the file; replaced as a whole.
        metadata: entries of the sidecar beside the hash: classes, input_spec, data, licence, metrics, commit.
    """
    from safetensors.torch import save_file

    state = {key: value.detach().cpu() for key, value in model.state_dict().items()}
    with whole_file(path) as part:
        save_file({key: (v.half() if v.is_floating_point() else v).contiguous() for key, v in state.items()}, part)
        sidecar = {**metadata, "sha256": sha256_of_file(part)}
        write_text_whole(path.with_suffix(".json"), json.dumps(sidecar, indent=1) + "\n")


def checked(path: Path) -> Path:
    """The path, if the file exists and its hash is that of its sidecar; see `read_onnx` for the errors."""
    sidecar = path.with_suffix(".json")
    if not path.exists() or not sidecar.exists():
        found = path.name if path.exists() else sidecar.name if sidecar.exists() else "neither"
        raise AssetError(
            f"start from FER+: expected {path.name} and {sidecar.name}, which come with the package, in {path.parent}; "
            f"found {found}. Install the package anew, or choose another start, such as `--weights random`"
        )
    expected = json.loads(sidecar.read_text()).get("sha256")
    check_sha256(path, expected, "install the package anew", WeightsError)
    return path
