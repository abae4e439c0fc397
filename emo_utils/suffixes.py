"""The endings of file names, in lower case, by what such a file holds."""

VIDEO_SUFFIXES = (
    ".mp4",
    ".mov",
    ".m4v",
    ".avi",
    ".mkv",
    ".webm",
    ".flv",
    ".gif",
    ".mpg",
    ".mpeg",
    ".wmv",
    ".ogv",
    ".3gp",
    ".3g2",
    ".asf",
    ".ts",
    ".mts",
    ".m2ts",
)
"""Taken for a video when a folder is searched; a file that is named outright is tried whatever its suffix.

A GIF is taken for one too.
"""

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
"""Taken for a picture when a folder is searched; see `emo_utils.images`."""

SOUND_SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".m4a")
"""Recognised only to say that a folder holds sound and no pictures."""
