"""Checkpoints of a run in progress: tensors as safetensors, numbers as JSON, no pickle; written atomically."""

import json
from pathlib import Path

import torch
from torch import nn

from emo_utils.output import is_part, write_text_whole
from emo_utils.run_folder import RunFolder
from emo_utils.training.weights_file import read_safetensors, write_safetensors


def save_checkpoint(folder: Path, model, average, optimizer, numbers: dict) -> None:
    """Write everything that a run needs to resume with the same result.

    The state of the random numbers is not needed: each epoch starts from a seed of its own. The JSON is written last
    and names the file of the tensors. If the process is killed between the two, the older pair stays valid.
    """
    tensors = {f"model.{key}": value for key, value in model.state_dict().items()}
    tensors |= {f"average.{key}": value for key, value in average.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": v for key, v in state.items() if isinstance(v, torch.Tensor)}
    run = RunFolder(folder)
    newest = run.checkpoint_tensors(numbers["epoch"])
    write_safetensors(newest, tensors)
    write_text_whole(run.checkpoint_file, json.dumps({**numbers, "tensors": newest.name}, indent=1))
    for old in (*run.all_checkpoint_tensors(), *filter(is_part, folder.iterdir())):
        if old != newest:
            old.unlink()


def load_checkpoint(folder: Path, model: nn.Module, average: nn.Module, optimizer) -> dict | None:
    """Load the newest complete checkpoint of `folder` into the arguments; returns its numbers, None without one."""
    numbers = RunFolder(folder).checkpoint()
    if not numbers:
        return None
    tensors = read_safetensors(folder / numbers["tensors"], _device(model))

    def under(prefix: str) -> dict[str, torch.Tensor]:
        return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}

    model.load_state_dict(under("model."))
    average.load_state_dict(under("average."))
    state = optimizer.state_dict()
    state["state"] = {}
    for key, value in under("optimizer.").items():
        index, name = key.split(".", 1)
        state["state"].setdefault(int(index), {})[name] = value
    optimizer.load_state_dict(state)
    return numbers


def _device(model: nn.Module) -> str:
    return str(next(model.parameters()).device)
