"""Face mesh of 478 points through MediaPipe Tasks: the box is the tight box of the points.

Source: Y. Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019; the box is
that of the temporal-stack system (S3.2), whose crop `faces.crops.crop_box(pixels, box, 0.10, 224)` makes.
Keypoints: the four common rows, then the mesh, see `faces.keypoints.from_mesh`.
"""

import numpy as np

from emo_utils.assets import locate
from emo_utils.faces.detector import detectors
from emo_utils.faces.detectors.mediapipe import SHORT_REACH
from emo_utils.faces.keypoints import from_mesh
from emo_utils.faces.mediapipe_tasks import as_image, base_options, native_stderr_hidden, vision
from emo_utils.structures import Detections

MOST_FACES = 5
"""Largest number of faces per frame."""

LOWEST_PRESENCE = 0.7
"""Smallest face presence score of the mesh network; faces with a lower score are dropped.

The landmarker does not return the score. This lower bound is therefore reported as the confidence of every face. On the
clips tested, 0.7 and the default of 0.5 gave the same faces.
"""


@detectors.register("mediapipe_mesh")
class MediaPipeMeshDetector:
    """See `FaceDetector`. Every frame is processed independently, without smoothing over time."""

    name = "mediapipe_mesh"
    reach = SHORT_REACH  # faces are found by that detector before the mesh is laid on them

    def __init__(self):
        model = locate("face_landmarker")
        tasks = vision()

        options = tasks.FaceLandmarkerOptions(
            base_options=base_options(model),
            running_mode=tasks.RunningMode.IMAGE,
            num_faces=MOST_FACES,
            min_face_presence_confidence=LOWEST_PRESENCE,
        )
        with native_stderr_hidden():  # the first detection prints too
            self._landmarker = tasks.FaceLandmarker.create_from_options(options)
            self._landmarker.detect(as_image(np.zeros((64, 64, 3), np.uint8)))

    def detect(self, pixels: np.ndarray) -> Detections:
        """See `FaceDetector.detect`."""
        found = self._landmarker.detect(as_image(pixels)).face_landmarks
        if not found:
            return Detections.empty()
        height, width = pixels.shape[:2]
        points = np.array([[(point.x * width, point.y * height) for point in face] for face in found], np.float32)
        boxes = np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)
        return Detections(boxes, np.full(len(boxes), LOWEST_PRESENCE, np.float32), from_mesh(points))

    def close(self) -> None:
        """See `FaceDetector.close`."""
        with native_stderr_hidden():
            self._landmarker.close()
