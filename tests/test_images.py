"""Pictures as people have them: any format, any depth, turned by their EXIF tag, transparent, animated, damaged."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from emo_utils.errors import VideoError
from emo_utils.images import BACKGROUND, decode_image, read_image

RAMP = np.tile(np.arange(0, 240, 5, np.uint8), (48, 1))
COLOUR = np.random.default_rng(0).integers(0, 255, (24, 36, 3), np.uint8)
EXACT = {"PNG": {}, "WEBP": {"lossless": True}, "TIFF": {}}
ORIENTATION = 0x0112
TURNED = {1: lambda x: x, 3: lambda x: x[::-1, ::-1], 6: lambda x: np.rot90(x, -1), 8: np.rot90}
"""What a viewer shows for each value of the tag."""


def saved(image: Image.Image, format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def written(path: Path, pixels: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), pixels)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".pgm", ".jpg"])
def test_gray_pictures_keep_their_values(tmp_path, suffix):
    pixels = read_image(written(tmp_path / f"a{suffix}", RAMP))
    assert pixels.shape == (48, 48, 3)
    assert np.abs(pixels.astype(int) - RAMP[..., None]).max() <= (4 if suffix in (".webp", ".jpg") else 0)


def test_a_photograph_has_the_pixels_that_opencv_reads(clips):
    """Networks were trained and measured on pictures that OpenCV decoded."""
    path = clips / "multi_face.jpg"
    np.testing.assert_array_equal(read_image(path), cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB))


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("format", EXACT)
def test_every_format_is_turned_as_its_exif_tag_asks(format, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = saved(Image.fromarray(COLOUR), format, exif=exif, **EXACT[format])
    np.testing.assert_array_equal(decode_image(data, "phone"), TURNED[orientation](COLOUR))


def test_a_jpeg_under_a_wrong_name_is_turned_too(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    path = tmp_path / "phone.png"
    path.write_bytes(saved(Image.fromarray(COLOUR), "JPEG", exif=exif))
    assert read_image(path).shape == (36, 24, 3)


def test_an_exif_block_of_nonsense_turns_nothing():
    data = saved(Image.fromarray(COLOUR), "JPEG")
    junk = b"Exif\0\0not a TIFF header"
    broken = data[:2] + b"\xff\xe1" + (len(junk) + 2).to_bytes(2, "big") + junk + data[2:]
    np.testing.assert_array_equal(decode_image(broken, "a"), decode_image(data, "a"))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_of_16_bits_gray_the_upper_eight_are_read(tmp_path, suffix):
    deep = written(tmp_path / f"deep{suffix}", RAMP.astype(np.uint16) * 257)
    np.testing.assert_array_equal(read_image(deep)[..., 0], RAMP)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".ppm"])
def test_of_16_bits_colour_the_upper_eight_are_read(tmp_path, suffix):
    red = np.zeros((40, 40, 3), np.uint16)
    red[..., 2] = 200 * 257
    assert read_image(written(tmp_path / f"red{suffix}", red))[0, 0].tolist() == [200, 0, 0]


def cut_out() -> Image.Image:
    """Black and transparent on the left, red and opaque on the right."""
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, 20:] = (255, 0, 0, 255)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("format", EXACT)
def test_what_is_transparent_is_gray_not_what_lies_under_it(format):
    read = decode_image(saved(cut_out(), format, **EXACT[format]), "logo")
    assert read[0, 0].tolist() == [BACKGROUND] * 3
    assert read[0, 30].tolist() == [255, 0, 0]


def test_transparency_of_palettes_and_of_gray_pictures_counts_too():
    palette = cut_out().convert("P")
    assert decode_image(saved(palette, "PNG", transparency=palette.getpixel((0, 0))), "p")[0, 0, 0] == BACKGROUND
    gray = decode_image(saved(cut_out().convert("LA"), "PNG"), "la")
    assert gray[0, 0].tolist() == [BACKGROUND] * 3
    assert gray[0, 30, 0] == 76, "red as gray"


def test_half_transparent_is_half_background():
    half = Image.fromarray(np.full((4, 4, 4), (200, 0, 0, 128), np.uint8))
    assert decode_image(saved(half, "PNG"), "half")[0, 0].tolist() == [164, 64, 64]


def test_cmyk_is_brought_to_rgb():
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    assert np.abs(decode_image(saved(red, "JPEG"), "print")[8, 8].astype(int) - (255, 0, 0)).max() <= 4


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_picture_is_read(format):
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    options = {"save_all": True, "append_images": frames[1:], **EXACT.get(format, {})}
    assert decode_image(saved(frames[0], format, **options), "moves")[0, 0].tolist() == [255, 0, 0]


def test_what_is_no_picture_is_said(tmp_path):
    with pytest.raises(VideoError, match="cannot be read"):
        read_image(tmp_path / "absent.png")
    for name, data in (("empty.jpg", b""), ("text.png", b"hello")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(VideoError, match=f"{name}: expected an image, found {len(data)} bytes"):
            read_image(tmp_path / name)
    with pytest.raises(VideoError, match="expected 8 or 16 bits a channel, found mode F"):
        read_image(written(tmp_path / "float.tiff", RAMP.astype(np.float32)))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP"])
def test_half_a_picture_is_refused(format):
    data = saved(Image.fromarray(COLOUR), format)
    with pytest.raises(VideoError, match="damaged or cut off"):
        decode_image(data[: len(data) // 2], "half")


def test_a_picture_of_absurd_size_is_refused_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(VideoError, match="too many pixels"):
        decode_image(saved(Image.fromarray(COLOUR), "PNG"), "huge")
