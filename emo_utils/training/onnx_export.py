"""From trained networks to a weights file: ONNX that accepts samples as prepared, and a sidecar with its metadata.

One file may hold several networks; its output is then the mean of their logits, optionally also over each face and its
mirror image. It may be quantised: 8-bit weights and activations in the convolutions, smaller and faster on a CPU.
"""

import json
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from emo_utils.hashing import sha256_of_file
from emo_utils.inference.engines import EMBEDDINGS
from emo_utils.output import whole_file, write_text_whole
from emo_utils.structures import InputSpec

TEMPERATURE = "temperature"
"""Name of the number in an ONNX file by which logits are divided."""

PLACEHOLDER = 1.2345
"""Temperature while a file is written. The exporter merges equal constants, so it must not be a common value like 1."""

JOINS = ("Softmax", "Div", "ReduceMean", "Unsqueeze", "Concat", "Identity")
"""Operations between the last layer of a network and its probabilities."""

QUANTISED_ON = 512
"""Training faces from whose activations the ranges of the 8-bit numbers are set."""


CHUNK = 64
"""Faces that are calibrated together."""

FEWEST_CONVOLUTIONS = 2
"""A network with fewer, such as a vision transformer, spends its time in matrix products."""

CROP_AXES = 3
"""Axes of gray crops (N, S, S); pictures with channels have one more."""


@dataclass(frozen=True)
class SampleForm:
    """The input of an ONNX file.

    Attributes:
        name: `faces`; `features` for rows of numbers; `embeddings` for those of the frames of a sequence.
        shape: of one sample, without the number of samples.
        mask: whether there is a second input `mask`, bool (N, T), for sequences.
    """

    name: str
    shape: tuple[int, ...]
    mask: bool = False

    def examples(self, count: int) -> dict[str, Tensor]:
        """Inputs of zeros by name, with all frames real."""
        dtype = torch.uint8 if self.name == "faces" else torch.float32
        inputs = {self.name: torch.zeros(count, *self.shape, dtype=dtype)}
        return inputs | ({"mask": torch.ones(count, self.shape[0], dtype=torch.bool)} if self.mask else {})


class Deployed(nn.Module):
    """Networks with pre- and postprocessing: samples as prepared, uint8, to probabilities float32 (N, C).

    Samples are crops (N, S, S) for networks of single frames; pictures (N, C, S, S); sequences (N, T, C, S, S) with a
    mask bool (N, T); or rows of features float32 (N, F).
    """

    def __init__(self, networks: Sequence[nn.Module], spec: InputSpec, mirror: bool):
        super().__init__()
        self.networks, self.spec, self.mirror = nn.ModuleList(networks), spec, mirror
        self.register_buffer(TEMPERATURE, torch.tensor([PLACEHOLDER]))

    def forward(self, samples: Tensor, mask: Tensor | None = None) -> Tensor:
        """Scale, normalise, predict, calibrate."""
        x = samples[:, None] if samples.ndim == CROP_AXES and samples.dtype == torch.uint8 else samples
        if samples.dtype == torch.uint8:
            x = (x.float() / 255 - self.spec.mean) / self.spec.std
        return (self.logits(x, mask) / self.temperature).softmax(dim=1)

    def logits(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Mean logits (N, C) of normalised samples."""
        views = (x, x.flip(x.ndim - 1)) if self.mirror else (x,)
        given = () if mask is None else (mask,)
        logits = [network(view, *given) for network in self.networks for view in views]
        return torch.stack(logits).mean(dim=0)


def write_onnx(
    networks: Sequence[nn.Module],
    path: Path,
    spec: InputSpec,
    temperature: float = 1.0,
    mirror: bool = False,
    form: SampleForm | None = None,
) -> None:
    """Write the ONNX file alone; see `write_weights_file` for the arguments. `form` None is one gray crop."""
    form = form or SampleForm("faces", (spec.size, spec.size))
    examples = form.examples(2)
    count = torch.export.Dim("samples_count", min=1)
    plain = [network.cpu().to(memory_format=torch.contiguous_format) for network in networks]
    deployed = Deployed(plain, spec, mirror).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            deployed,
            tuple(examples.values()),
            path,
            input_names=list(examples),
            output_names=["probabilities"],
            dynamic_shapes=tuple({0: count} for _ in examples),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    strip_export_metadata(path)
    if form.name == "faces":
        add_embeddings(path)
    set_temperature(path, temperature)


def write_weights_file(
    networks: Sequence[nn.Module],
    path: Path,
    spec: InputSpec,
    classes: tuple[str, ...],
    temperature: float,
    metadata: dict,
    mirror: bool = False,
) -> None:
    """Write `<path>.onnx` and its JSON sidecar, the ONNX file first under a temporary name.

    Args:
        networks: each maps normalised gray faces (N, 1, S, S) to logits.
        path: the ONNX file to write.
        spec: the input contract.
        classes: names of the outputs.
        temperature: logits are divided by it (C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).
        metadata: further entries of the sidecar: metrics, data, commit, licence, `uncertain_below`.
        mirror: the logits are the mean over each face and its mirror image.
    """
    parameters = sum(p.numel() for network in networks for p in network.parameters())
    with whole_file(path) as part:
        write_onnx(networks, part, spec, temperature, mirror)
        write_onnx_sidecar(
            part, path, spec, classes, {"temperature": temperature, "parameters": parameters, **metadata}
        )


def write_onnx_sidecar(part: Path, path: Path, spec: InputSpec, classes: tuple[str, ...], metadata: dict) -> None:
    """Write the JSON sidecar of the ONNX file `path`, which is still named `part` (`output.whole_file`)."""
    sidecar = {
        "classes": list(classes),
        "input_spec": spec.to_dict(),
        "exported": datetime.now(UTC).date().isoformat(),
        "sha256": sha256_of_file(part),
        **metadata,
    }
    write_text_whole(path.with_suffix(".json"), json.dumps(sidecar, indent=1) + "\n")


def add_embeddings(path: Path) -> bool:
    """Give an ONNX file the second output `embeddings`, float32 (N, F): the input of the last layer.

    Returns:
        Whether the file has it. A file of several networks, or of a face and its mirror image, has several last layers,
        and no such output.
    """
    file = onnx.load(path)
    graph = file.graph
    if EMBEDDINGS in {output.name for output in graph.output}:
        return True
    made_by = {name: node for node in graph.node for name in node.output}
    open_names, last = [graph.output[0].name], {}
    while open_names:
        node = made_by.get(open_names.pop())
        if node is None:
            continue
        if node.op_type == "Gemm":
            last[node.name] = node
        elif node.op_type in JOINS:
            open_names += node.input
    if len(last) != 1:
        return False
    (layer,) = last.values()
    (weight,) = (tensor for tensor in graph.initializer if tensor.name == layer.input[1])
    transposed = any(attribute.name == "transB" and attribute.i for attribute in layer.attribute)
    features = weight.dims[1 if transposed else 0]
    faces = graph.output[0].type.tensor_type.shape.dim[0].dim_param
    graph.node.append(onnx.helper.make_node("Identity", [layer.input[0]], [EMBEDDINGS], name=EMBEDDINGS))
    graph.output.append(onnx.helper.make_tensor_value_info(EMBEDDINGS, onnx.TensorProto.FLOAT, [faces, features]))
    onnx.save(file, path)
    return True


def set_temperature(path: Path, temperature: float) -> None:
    """Change the temperature inside an ONNX file of this module."""
    file = onnx.load(path)
    (stored,) = (tensor for tensor in file.graph.initializer if tensor.name == TEMPERATURE)
    stored.CopyFrom(numpy_helper.from_array(np.array([temperature], np.float32), TEMPERATURE))
    onnx.save(file, path)


def quantise(path: Path, faces: np.ndarray) -> None:
    """As `quantise_on`, for faces uint8 (N, S, S) of the training part."""
    quantise_on(path, ({"faces": faces[i : i + CHUNK]} for i in range(0, len(faces), CHUNK)))


def quantise_on(path: Path, inputs: Iterable[dict[str, np.ndarray]]) -> None:
    """Quantise an ONNX file to 8 bits: weights per channel, activations by their range on `inputs`.

    The convolutions are quantised, and in a network with hardly any the matrix products.

    Args:
        path: the file, replaced.
        inputs: batches of training samples, as inputs by name.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with TemporaryDirectory() as scratch:
        ready, done = Path(scratch) / "ready.onnx", Path(scratch) / "done.onnx"
        # The optimiser would remove a temperature of 1; batch normalisations were already folded by the export.
        quant_pre_process(path, ready, skip_symbolic_shape=True, skip_optimization=True)
        quantize_static(
            ready,
            done,
            _Batches(iter(inputs)),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_quantised_kinds(path),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        strip_export_metadata(done)
        path.write_bytes(done.read_bytes())


def _quantised_kinds(path: Path) -> list[str]:
    kinds = [node.op_type for node in onnx.load(path).graph.node]
    return ["Conv"] if kinds.count("Conv") >= FEWEST_CONVOLUTIONS else ["Conv", "MatMul", "Gemm"]


@dataclass
class _Batches:
    """Batches in the form of ONNX Runtime's calibration data readers."""

    batches: Iterator[dict[str, np.ndarray]]

    def get_next(self) -> dict | None:
        return next(self.batches, None)


def strip_export_metadata(path: Path) -> None:
    """Remove the exporter's metadata from an ONNX file: it holds stack traces with paths of this machine."""
    file = onnx.load(path)
    parts = [file, file.graph, *file.graph.node, *file.graph.value_info, *file.graph.initializer]
    for part in [*parts, *file.graph.input, *file.graph.output, *file.functions]:
        del part.metadata_props[:]
        part.ClearField("doc_string")
    onnx.save(file, path)
