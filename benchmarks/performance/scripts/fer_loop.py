"""The peer `fer` on every frame of a clip: detection and emotion. Runs in an environment of its own."""

import sys

import av
from fer.fer import FER

detector = FER(mtcnn=sys.argv[2] == "mtcnn")
with av.open(sys.argv[1]) as container:
    for frame in container.decode(video=0):
        detector.detect_emotions(frame.to_ndarray(format="bgr24"))
