"""Tests of the choice of a device, as far as a CPU allows: by the names that ONNX Runtime gives."""

import pytest

from emo_utils.errors import EmoError, UnknownNameError
from emo_utils.inference.devices import PROVIDERS, providers_for
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.weights import find_weights

CPU_ONLY = ["AzureExecutionProvider", "CPUExecutionProvider"]


@pytest.mark.parametrize("device", ["cuda", "coreml", "directml", "openvino"])
def test_auto_takes_the_device_that_is_there_and_the_cpu_for_the_rest(device: str) -> None:
    available = [PROVIDERS[device], *CPU_ONLY]
    expected = [PROVIDERS[device], "CPUExecutionProvider"]
    assert providers_for("auto", available) == providers_for(device, available) == expected
    assert providers_for("cpu", available) == ["CPUExecutionProvider"]


def test_without_any_auto_is_the_cpu() -> None:
    assert providers_for("auto", CPU_ONLY) == ["CPUExecutionProvider"]


def test_of_several_the_first_of_the_table_is_taken() -> None:
    assert providers_for("auto", [*reversed(PROVIDERS.values())])[0] == "CUDAExecutionProvider"


def test_an_absent_device_is_named_with_what_is_there_and_what_to_do() -> None:
    with pytest.raises(EmoError, match="'cuda'.*offers cpu here; install onnxruntime-gpu"):
        providers_for("cuda", CPU_ONLY)
    with pytest.raises(UnknownNameError, match="cuda"):
        AnalysisOptions(device="cudda")


def test_a_network_runs_on_what_auto_finds_here() -> None:
    engine = OnnxEngine(find_weights("ferplus-tiny"), 1, device="auto")
    assert "CPUExecutionProvider" in engine._session.get_providers()
