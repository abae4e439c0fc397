"""Reads video frames with PyAV (FFmpeg): exact time stamps, upright pixels, constant memory.

A file may have several tracks, a rotated or mirrored picture, a changing size or a wrong frame rate. It may also be
damaged or truncated. All frames that can be decoded are read, in one size. `Faults` lists the problems.
"""

from emo_utils.video.faults import Faults
from emo_utils.video.reading import Picture, VideoInfo, probe, read_frames, read_pictures

__all__ = ["Faults", "Picture", "VideoInfo", "probe", "read_frames", "read_pictures"]
