"""Read pictures in one way, so that training, evaluation and analysis get the same pixels."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from emo_utils.errors import VideoError
from emo_utils.structures import LONGEST_SIDE_PX, MOST_PIXELS

BACKGROUND = 128
"""Gray that replaces transparent parts; the normalisation of the networks maps it to about zero."""

EIGHT_BITS = ("1", "L", "P", "RGB", "CMYK", "YCbCr", "LAB", "HSV", "RGBX")
"""Pillow's modes that convert to RGB as they are; those with transparency are laid on the background first."""


def read_image(path: Path | str) -> np.ndarray:
    """Pixels of an image file, as a viewer shows them.

    The EXIF orientation is applied in every format. Gray, palette and CMYK pictures become RGB. Of 16 bits a channel
    the upper eight are kept. Transparent parts are laid on `BACKGROUND`. Of an animation the first picture is read.
    Colour profiles are not applied. The format is recognised by the content, not by the name.

    Returns:
        uint8 (H, W, 3) RGB.

    Raises:
        VideoError: it is missing, not an image, cut off, larger than `MOST_PIXELS`, or of another bit depth.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise VideoError(f"{path}: cannot be read ({error.strerror})") from None
    return decode_image(data, str(path))


def decode_image(data: bytes, name: str, *, most_pixels: int = MOST_PIXELS) -> np.ndarray:
    """As `read_image`, of a file's content; `name` stands for the file in messages.

    A picture of more than `most_pixels` is refused before it is decoded.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > most_pixels:
                raise VideoError(
                    f"{name}: expected at most {most_pixels} pixels, found {image.width}x{image.height}; scale it"
                )
            if max(image.size) > LONGEST_SIDE_PX:
                raise VideoError(
                    f"{name}: expected sides of at most {LONGEST_SIDE_PX} pixels, found {image.width}x{image.height}; "
                    "cut or scale it"
                )
            image.load()
            return _rgb(_upright(image), _has_16_bits(image), name)
    except UnidentifiedImageError:
        raise VideoError(f"{name}: expected an image, found {len(data)} bytes that are none; copy it again") from None
    except Image.DecompressionBombError as error:
        raise VideoError(f"{name}: has too many pixels ({error}); save it smaller") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow's decoders raise for damaged files
        raise VideoError(f"{name}: the image is damaged or cut off ({error}); copy it again") from None


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned according to its EXIF tag; an EXIF block that cannot be read is ignored."""
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError):
        return image


def _has_16_bits(image: Image.Image) -> bool:
    """Whether a gray picture holds 0 to 65535; Pillow itself converts 16-bit colours to eight bits."""
    return image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM")


def _rgb(image: Image.Image, has_16_bits: bool, name: str) -> np.ndarray:
    if has_16_bits:
        gray = (np.asarray(image) >> 8).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=2)
    if image.has_transparency_data:
        return _on_background(np.asarray(image.convert("RGBA")))
    if image.mode not in EIGHT_BITS:
        raise VideoError(f"{name}: expected 8 or 16 bits a channel, found mode {image.mode}; save it as PNG or JPEG")
    return np.array(image.convert("RGB"))


def _on_background(pixels: np.ndarray) -> np.ndarray:
    """RGB of uint8 (H, W, 4) RGBA."""
    share = pixels[..., 3:].astype(np.float32) / 255
    return np.rint(pixels[..., :3] * share + BACKGROUND * (1 - share)).astype(np.uint8)
