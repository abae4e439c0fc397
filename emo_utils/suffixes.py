"""Suffixes of video, picture and sound files, in lower case."""

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
"""Suffixes of videos in a folder that is searched, GIF among them. A file named by the user may have any suffix."""

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
"""Suffixes of pictures in a folder that is searched; see `emo_utils.images`."""

SOUND_SUFFIXES = (".wav", ".mp3", ".flac", ".ogg", ".m4a")
"""Suffixes of sound files, for the message about a folder that holds only sound."""
