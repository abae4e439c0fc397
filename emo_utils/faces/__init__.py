"""Where the faces are: detectors (one file each), tracks over time, and the crops a model eats."""

from emo_utils.faces import haar, mediapipe, mediapipe_mesh, mtcnn, retinaface, yolov8  # noqa: F401  (they register themselves)
from emo_utils.faces.detector import FaceDetector, create_detector, detectors

__all__ = ["FaceDetector", "create_detector", "detectors"]
