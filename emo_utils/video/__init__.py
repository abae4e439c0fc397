"""Frames in, through PyAV (FFmpeg): exact time stamps, upright pixels, constant memory, real files.

A file may hold several tracks, turn or mirror its picture, change its size, declare a rate that is not true, or be
damaged or cut off. What can be read is read, once and in one scale; what was wrong is said in `Faults`.
"""

from emo_utils.video.faults import Faults
from emo_utils.video.reading import Picture, VideoInfo, probe, read_frames, read_pictures

__all__ = ["Faults", "Picture", "VideoInfo", "probe", "read_frames", "read_pictures"]
