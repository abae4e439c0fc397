"""From a trained network to a weights file: ONNX that eats raw crops, and the sidecar that tells its story."""

import hashlib
import json
import os
import warnings
from datetime import UTC, datetime
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from emo_utils.structures import InputSpec


class Deployed(nn.Module):
    """The network with everything around it: uint8 crops (N, S, S) in, probabilities float32 (N, C) out."""

    def __init__(self, model: nn.Module, spec: InputSpec, temperature: float):
        super().__init__()
        self.model, self.spec, self.temperature = model, spec, temperature

    def forward(self, faces: Tensor) -> Tensor:
        """Scale, normalise, read, calibrate."""
        x = (faces[:, None].float() / 255 - self.spec.mean) / self.spec.std
        return (self.model(x) / self.temperature).softmax(dim=1)


def export(
    model: nn.Module, path: Path, spec: InputSpec, classes: tuple[str, ...], temperature: float, story: dict
) -> None:
    """Write `<path>.onnx` and its JSON sidecar, the ONNX file first under a temporary name.

    Args:
        model: maps normalised gray faces (N, 1, S, S) to logits.
        path: the ONNX file to write.
        spec: the input contract.
        classes: names of the outputs.
        temperature: logits are divided by it (C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).
        story: further entries of the sidecar: metrics, data, commit, licence, `uncertain_below`.
    """
    part = path.with_suffix(".part.onnx")
    example = torch.zeros(2, spec.size, spec.size, dtype=torch.uint8)
    deployed = Deployed(model.to(memory_format=torch.contiguous_format), spec, temperature).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            deployed,
            (example,),
            part,
            input_names=["faces"],
            output_names=["probabilities"],
            dynamic_shapes={"faces": {0: torch.export.Dim("faces_count", min=1)}},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    forget_where_it_was_made(part)
    sidecar = {
        "classes": list(classes),
        "input_spec": spec.to_dict(),
        "temperature": temperature,
        "parameters": sum(p.numel() for p in model.parameters()),
        "exported": datetime.now(UTC).date().isoformat(),
        "sha256": hashlib.sha256(part.read_bytes()).hexdigest(),
        **story,
    }
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps(sidecar, indent=1) + "\n")
    os.replace(part, path)


def forget_where_it_was_made(path: Path) -> None:
    """Take the exporter's notes out of an ONNX file: they hold stack traces with this machine's paths."""
    file = onnx.load(path)
    parts = [file, file.graph, *file.graph.node, *file.graph.value_info, *file.graph.initializer]
    for part in [*parts, *file.graph.input, *file.graph.output, *file.functions]:
        del part.metadata_props[:]
        part.ClearField("doc_string")
    onnx.save(file, path)


def fit_temperature(logits: Tensor, targets: Tensor) -> float:
    """The temperature that makes logits (N, C) most probable under target distributions (N, C)."""
    log_temperature = torch.zeros((), requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], lr=0.1, max_iter=100)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(logits / log_temperature.exp(), targets)
        loss.backward()
        return loss

    optimizer.step(closure)
    return float(log_temperature.detach().exp())
