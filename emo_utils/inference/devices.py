"""Which device runs the networks: ONNX Runtime's providers by the names that users know."""

import logging
from collections.abc import Sequence

from emo_utils.errors import EmoError, UnknownNameError
from emo_utils.registry import unknown_name

log = logging.getLogger(__name__)

CPU, AUTO = "cpu", "auto"

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    CPU: "CPUExecutionProvider",
}
"""Providers by device; `auto` takes the first that is there."""

PACKAGES = {"cuda": "onnxruntime-gpu", "directml": "onnxruntime-directml", "openvino": "onnxruntime-openvino"}
"""Builds of ONNX Runtime that hold a provider. CoreML is in the usual one for macOS."""

DEVICES = (CPU, AUTO, *(name for name in PROVIDERS if name != CPU))


def check_device(device: str) -> None:
    """Raise UnknownNameError, with the known names, for an unknown device."""
    if device not in DEVICES:
        raise UnknownNameError(unknown_name("device", device, DEVICES))


def providers_for(device: str, available: Sequence[str]) -> list[str]:
    """The providers for a device, the CPU last, which runs whatever the device cannot.

    Args:
        device: one of `DEVICES`.
        available: what `onnxruntime.get_available_providers()` gives.

    Raises:
        UnknownNameError: no such device.
        EmoError: ONNX Runtime as installed here cannot use it.
    """
    check_device(device)
    here = [name for name, provider in PROVIDERS.items() if provider in available]
    if device == AUTO:
        device = here[0] if here else CPU
    elif device != CPU and device not in here:
        hint = f"; install {PACKAGES[device]} in place of onnxruntime" if device in PACKAGES else ""
        raise EmoError(f"device {device!r}: ONNX Runtime offers {', '.join(here)} here{hint}, or take --device auto")
    return list(dict.fromkeys([PROVIDERS[device], PROVIDERS[CPU]]))


def note_device(device: str, used: Sequence[str], name: str) -> None:
    """Log which provider a network got; a warning where the driver refused the device that was asked for."""
    got = next((key for key, provider in PROVIDERS.items() if used and provider == used[0]), CPU)
    if device not in (AUTO, CPU) and got != device:
        log.warning("%s: device %s could not be started here, so the CPU runs it", name, device)
    elif got != CPU:
        log.info("%s: run on %s", name, got)
