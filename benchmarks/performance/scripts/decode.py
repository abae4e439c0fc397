"""Decode a clip to RGB, and nothing else: what every other figure is compared with."""

import sys

import av

with av.open(sys.argv[1]) as container:
    for frame in container.decode(video=0):
        frame.to_ndarray(format="rgb24")
