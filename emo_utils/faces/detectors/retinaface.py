"""RetinaFace with a MobileNetV2 trunk, through uniface on ONNX Runtime.

Source: J. Deng et al., "RetinaFace: Single-Shot Multi-Level Face Localisation in the Wild", CVPR 2020; weights of
yakhyo/retinaface-pytorch, trained on WIDER FACE. Their code is MIT; WIDER FACE's pictures are for non-commercial
research, and whether that binds the weights is not settled: ask before you use them commercially.
"""

from emo_utils.assets import locate
from emo_utils.faces.detector import detectors
from emo_utils.faces.detectors.uniface_adapter import UnifaceDetector


@detectors.register("retinaface")
def make_retinaface() -> UnifaceDetector:
    """See `FaceDetector`; fetches its weights on first use.

    Raises:
        AssetError: the weights are not here and cannot be fetched.
    """
    weights = locate("retinaface")
    from uniface.detection.retinaface import RetinaFace

    return UnifaceDetector("retinaface", RetinaFace, weights)
