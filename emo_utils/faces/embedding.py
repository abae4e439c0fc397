"""Face embeddings: alignment of a face, and a network such as ArcFace on ONNX Runtime.

Source: J. Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019. The larger the
cosine between the vectors of two faces, the more likely they show the same person.

The `arcface` weights are those that uniface (MIT) names by address and hash. A test compares the vectors with those of
uniface. The class of uniface is not used: importing it imports torch, which takes seconds.
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from emo_utils.assets import ASSETS, locate
from emo_utils.errors import WeightsError
from emo_utils.hashing import sha256_of_file
from emo_utils.onnx_files import refuse_data_elsewhere
from emo_utils.settings import load_settings
from emo_utils.structures import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE

log = logging.getLogger(__name__)

SIZE_PX = 112
"""Side of an aligned face."""

TEMPLATE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [56.1396, 92.2849]])
"""Positions of eyes, nose and mouth centre in an aligned face for ArcFace, in pixels of `SIZE_PX`. The template of
ArcFace has the two corners of the mouth. Here is their midpoint, which every detector of this package finds."""

FEWEST_NUMBERS = 64
"""With `auto`, a network with fewer outputs counts as a classifier and is not used as an embedding network."""

NAMED = "arcface"
"""The asset that `auto` uses if it has been fetched: insightface's w600k_mbf, the default of uniface."""


def align_transform(keypoints: np.ndarray) -> tuple[np.ndarray, float]:
    """Least-squares similarity transform from the first four keypoints of a face to `TEMPLATE`.

    Source: S. Umeyama, IEEE Trans. PAMI 13(4), 1991, in its closed form for two dimensions.

    Args:
        keypoints: float (K, 2) in pixels; only the first four rows are used.

    Returns:
        Affine map float64 (2, 3) from frame to aligned pixels, and the residual (root mean square distance to the
        template, in aligned pixels). The residual is small for a frontal face and large for a turned one.
    """
    points = keypoints[[LEFT_EYE, RIGHT_EYE, NOSE, MOUTH]].astype(float)
    source, target = points - points.mean(axis=0), TEMPLATE - TEMPLATE.mean(axis=0)
    size = max((source**2).sum(), 1e-9)
    cosine = (source * target).sum() / size
    sine = (source[:, 0] * target[:, 1] - source[:, 1] * target[:, 0]).sum() / size
    turn = np.array([[cosine, -sine], [sine, cosine]])
    residual = np.sqrt((((source @ turn.T) - target) ** 2).sum(axis=1).mean())
    return np.hstack([turn, (TEMPLATE.mean(axis=0) - turn @ points.mean(axis=0))[:, None]]), float(residual)


def align_face(pixels: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """Cut one face out of a frame, uint8 (H, W, 3) RGB, as ArcFace accepts it: uint8 (112, 112, 3)."""
    transform, _ = align_transform(keypoints)
    return cv2.warpAffine(pixels, transform, (SIZE_PX, SIZE_PX))


@dataclass(frozen=True)
class InputRange:
    """Normalisation of a pixel: (value - `mean`) / `std`. The sidecar of a weights file can set other values."""

    mean: float = 127.5
    std: float = 127.5


class FaceEmbedder:
    """A face embedding network from an ONNX file. Input: float32 RGB, NCHW or NHWC. Output: one vector per face.

    The sidecar `<weights>.json` may hold `mean` and `std` of the input. Without it the input range is -1 to 1, as for
    ArcFace. (Networks trained with a divisor of 128 give almost the same vectors: cosine above 0.9999.)

    Args:
        path: the ONNX file.
        licence: shown in the log.

    Raises:
        WeightsError: not an ONNX file, or a network with another input or output.
    """

    def __init__(self, path: Path, licence: str = "your own file: check its licence"):
        import onnxruntime

        self.path, self.licence = Path(path), licence
        refuse_data_elsewhere(self.path)
        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's own exceptions share no base class
            raise WeightsError(f"{path}: not an ONNX file that can be read ({str(error).splitlines()[0]})") from error
        self.sha256 = sha256_of_file(self.path)
        self._range = _input_range(self.path)
        self._input = self._session.get_inputs()[0]
        self._channels_first = _channels_first(self.path, self._input)
        side = self._input.shape[2]
        self.size = side if isinstance(side, int) else SIZE_PX
        self._batches = not isinstance(self._input.shape[0], int)
        self.width = self._check_output()

    def __repr__(self) -> str:
        return f"FaceEmbedder({self.path.name}, {self.width} numbers, {self.licence})"

    def embed(self, faces: np.ndarray) -> np.ndarray:
        """Vectors float32 (N, D) with norm 1, for aligned faces uint8 (N, 112, 112, 3) RGB."""
        if faces.dtype != np.uint8 or faces.shape[1:] != (SIZE_PX, SIZE_PX, 3):
            raise ValueError(
                f"expected uint8 faces (N, {SIZE_PX}, {SIZE_PX}, 3), found {faces.dtype} {tuple(faces.shape)}"
            )
        if len(faces) == 0:
            return np.empty((0, self.width), np.float32)
        vectors = self._run(faces)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def _run(self, faces: np.ndarray) -> np.ndarray:
        if self.size != SIZE_PX:
            faces = np.stack([cv2.resize(face, (self.size, self.size)) for face in faces])
        values = (faces.astype(np.float32) - np.float32(self._range.mean)) / np.float32(self._range.std)
        if self._channels_first:
            values = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
        parts = [values] if self._batches else np.split(values, len(values))
        return np.concatenate([self._session.run(None, {self._input.name: part})[0] for part in parts])

    def _check_output(self) -> int:
        try:
            found = self._run(np.zeros((1, SIZE_PX, SIZE_PX, 3), np.uint8)).shape
        except Exception as error:  # ONNX Runtime's own exceptions share no base class
            raise WeightsError(f"{self.path}: cannot read a face ({str(error).splitlines()[0]})") from error
        if len(found) != 2 or found[0] != 1 or found[1] < 2:
            raise WeightsError(f"{self.path}: expected one vector per face, (1, D); found an output of shape {found}")
        return found[1]


def _channels_first(path: Path, given) -> bool:
    """Whether a network's input is NCHW; else it is NHWC.

    Raises:
        WeightsError: it is neither.
    """
    shape = given.shape
    if given.type == "tensor(float)" and len(shape) == 4 and 3 in (shape[1], shape[3]):
        sides = shape[2:] if shape[1] == 3 else shape[1:3]
        if not all(isinstance(side, int) for side in sides) or sides[0] == sides[1]:
            return shape[1] == 3
    raise WeightsError(
        f"{path}: expected an embedding network with square RGB input, float32 (N, 3, S, S) or (N, S, S, 3); found "
        f"{given.type} {shape}"
    )


def _input_range(path: Path) -> InputRange:
    beside = path.with_suffix(".json")
    if not beside.exists():
        return InputRange()
    try:
        values = json.loads(beside.read_text())
        return InputRange(*(float(values.get(key, 127.5)) for key in ("mean", "std")))
    except (AttributeError, TypeError, ValueError) as error:
        raise WeightsError(f"{beside}: expected a JSON object with numbers `mean` and `std` ({error})") from error


def find_embedder(name: str) -> FaceEmbedder | None:
    """Load the face embedding network of this name; None for no network.

    Args:
        name: one of

            - `auto`: the setting `EMO_IDENTITY_WEIGHTS`, else the fetched ArcFace weights, else any other embedding
              network in the models folder, else none. Nothing is downloaded.
            - `none`: no network.
            - `arcface`: the ArcFace weights; downloaded if they are absent.
            - the path of an ONNX file.

    Raises:
        AssetError: `arcface` cannot be downloaded, or a file's hash is wrong.
        WeightsError: the file is missing, or is not an embedding network.
    """
    if name == "auto":
        settings = load_settings()
        if settings.identity_weights in (None, "auto"):
            return _embedder_at_hand(settings.models_dir)
        name = settings.identity_weights
    if name == "none":
        return None
    if name == NAMED:
        return FaceEmbedder(locate(NAMED), ASSETS[NAMED].licence)  # `locate` checks the hash
    path = Path(name).expanduser()
    if not path.is_file():
        raise WeightsError(f"identity weights {name!r}: no such file; expected auto, none, {NAMED}, or an .onnx file")
    return FaceEmbedder(path)


def _embedder_at_hand(folder: Path) -> FaceEmbedder | None:
    """The ArcFace weights if they were fetched, else the first embedding network of a folder, by file name."""
    if (folder / ASSETS[NAMED].filename).exists():
        return FaceEmbedder(locate(NAMED), ASSETS[NAMED].licence)
    known = {asset.filename for asset in ASSETS.values()}
    for path in sorted(folder.glob("*.onnx")):
        if path.name in known or _is_classifier(path):
            continue
        try:
            embedder = FaceEmbedder(path)
        except WeightsError as error:
            log.debug("identity: %s", error)
            continue
        if embedder.width >= FEWEST_NUMBERS:
            return embedder
    return None


def _is_classifier(path: Path) -> bool:
    """Whether the sidecar lists classes; such a network is a classifier, not an embedding network."""
    try:
        return "classes" in json.loads(path.with_suffix(".json").read_text())
    except (OSError, ValueError, TypeError):
        return False
