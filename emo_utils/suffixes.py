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
)
"""Read by `emo_utils.video`. A GIF is a video here, also one with a single picture."""

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
"""Read by `emo_utils.images`."""

SOUND_SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".m4a")
"""Recognised only to say that a folder holds sound and no pictures."""
