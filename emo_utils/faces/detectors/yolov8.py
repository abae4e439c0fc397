"""YOLOv8-Face (nano), through uniface on ONNX Runtime.

Source: G. Jocher et al., "Ultralytics YOLOv8", 2023, with five face points added by the YOLOv8-Face project; weights
of yakhyo/yolov8-face-onnx-inference, trained on WIDER FACE. YOLOv8 is AGPL-3.0, and its makers hold that weights
trained with it are too; WIDER FACE's pictures are for non-commercial research. This kit neither ships nor links them:
they are fetched when you ask for this detector, and their terms are then yours to keep.
"""

from emo_utils.assets import locate
from emo_utils.faces.detector import detectors
from emo_utils.faces.detectors.uniface_adapter import UnifaceDetector


@detectors.register("yolov8")
def make_yolov8() -> UnifaceDetector:
    """See `FaceDetector`; fetches its weights on first use.

    Raises:
        AssetError: the weights are not here and cannot be fetched.
    """
    weights = locate("yolov8_face")
    from uniface.detection.yolov8 import YOLOv8Face

    return UnifaceDetector("yolov8", YOLOv8Face, weights)
