"""A face detector in one file."""

from emo_utils.faces.detector import detectors
from emo_utils.faces.detectors.haar import HaarDetector


@detectors.register("newcomer")
class NewDetector(HaarDetector):
    name = "newcomer"
