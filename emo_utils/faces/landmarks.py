"""Landmarks, head rotation and blendshapes of one face, through MediaPipe's face landmarker.

Sources: I. Grishchenko et al., "Attention Mesh: High-fidelity Face Mesh Prediction in Real-time", 2020 (landmarks);
I. Grishchenko et al., "Blendshapes GHUM: Real-time Monocular Facial Blendshape Prediction", 2023. The rotation comes
from MediaPipe's facial transformation matrix, which fits its canonical face model to the landmarks.
"""

from dataclasses import dataclass, field

import numpy as np

from emo_utils.assets import locate
from emo_utils.faces.crops import crop_face, crop_transform, face_side
from emo_utils.faces.keypoints import MESH_NOSE_TIP
from emo_utils.faces.mediapipe_tasks import as_image, base_options, native_stderr_hidden, vision
from emo_utils.structures import LEFT_EYE, MOUTH, RIGHT_EYE, InputSpec

ASSET = "face_landmarker_v2_with_blendshapes"
"""The model file, a key of `assets.ASSETS`."""

REGION = InputSpec(size=320, margin=0.6, colour="rgb")
"""The part of the frame that the landmarker sees: the whole head, with the eyes level.

On `single_face.mp4` and `two_people.gif`, margins of 0.2 to 1.2 give yaw, pitch and roll that differ by up to 3
degrees.
"""

FARTHEST = 0.75
"""Largest distance of the nose tip from the middle of the detected face, in face sides. Beyond it, the landmarks are
those of another face in the same part of the frame, and are dropped."""


@dataclass(frozen=True)
class FaceLandmarks:
    """What the landmarker finds in one face.

    Attributes:
        points: float64 (478, 2), the face mesh in pixels of the frame.
        rotation: float64 (3, 3), of MediaPipe's canonical face to the face in the frame. The axes are those of the
            camera: x to the right of the picture, y up, z towards the viewer. The columns have length 1.
        blendshapes: float64 (52,), 0 to 1, in the order of `BLENDSHAPES`.
    """

    points: np.ndarray = field(repr=False)
    rotation: np.ndarray
    blendshapes: np.ndarray = field(repr=False)


class FaceLandmarker:
    """The landmarker, loaded once; every face is processed independently, without smoothing over time.

    Raises:
        AssetError: the model file is absent and cannot be fetched.
    """

    def __init__(self):
        model = locate(ASSET)
        tasks = vision()

        options = tasks.FaceLandmarkerOptions(
            base_options=base_options(model),
            running_mode=tasks.RunningMode.IMAGE,
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
        )
        with native_stderr_hidden():  # the first detection prints too
            self._landmarker = tasks.FaceLandmarker.create_from_options(options)
            self._landmarker.detect(as_image(np.zeros((64, 64, 3), np.uint8)))

    def find(self, pixels: np.ndarray, keypoints: np.ndarray) -> FaceLandmarks | None:
        """The landmarks of one face; None if none are found there.

        Args:
            pixels: the frame, uint8 (H, W, 3) RGB.
            keypoints: float (K, 2) of the face in pixels: left eye, right eye, nose, mouth.
        """
        found = self._landmarker.detect(as_image(crop_face(pixels, keypoints, REGION)))
        if not found.face_landmarks:
            return None
        transform = crop_transform(keypoints, REGION)
        in_crop = np.array([(point.x, point.y) for point in found.face_landmarks[0]]) * REGION.size - 0.5
        points = (in_crop - transform[:, 2]) @ np.linalg.inv(transform[:, :2]).T
        if _distance(points, keypoints) > FARTHEST:
            return None
        scores = {one.category_name: one.score for one in found.face_blendshapes[0]}
        matrix = np.asarray(found.facial_transformation_matrixes[0], float)[:3, :3]
        rotation = _turned_back(transform) @ (matrix / np.linalg.norm(matrix, axis=0))
        return FaceLandmarks(points, rotation, np.array([scores[name] for name in BLENDSHAPES], float))

    def close(self) -> None:
        """Free the network."""
        with native_stderr_hidden():
            self._landmarker.close()


def _distance(points: np.ndarray, keypoints: np.ndarray) -> float:
    """Distance of the nose tip from the middle between eyes and mouth, in face sides."""
    middle = ((keypoints[LEFT_EYE] + keypoints[RIGHT_EYE]) / 2 + keypoints[MOUTH]) / 2
    return float(np.hypot(*(points[MESH_NOSE_TIP] - middle)) / max(1.0, face_side(np.asarray(keypoints)[None])[0]))


def _turned_back(transform: np.ndarray) -> np.ndarray:
    """Rotation (3, 3) from the crop, whose eyes are level, back to the frame."""
    cosine, sine = transform[0, :2] / np.hypot(*transform[0, :2])
    return np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])  # y points up here, down in pixels


BLENDSHAPES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
"""MediaPipe's names of the blendshapes, in its order. Left and right are the person's own sides."""
