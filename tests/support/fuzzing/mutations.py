"""Mutations of a file's bytes, each a function of the bytes, a generator of random numbers and the other seeds."""

import random
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fuzzing.seeds import TITLE

Mutation = Callable[[bytearray, random.Random, Mapping[str, bytes]], bytearray]

ODD_32 = (0, 1, 2, 3, 7, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
"""Values at which arithmetic goes wrong."""

ABSURD_SIDES = (0, 1, 2, 16, 31, 4096, 8192, 16384, 32767, 65535)

MATRICES = ((0, 0, 0, 0), (1, 1, 1, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (32767, 0, 0, 32767), (1, 0, 1, 0))

HOSTILE_TEXTS = (
    b"../../../../etc/passwd",
    b"/dev/full",
    b"\xff\xfe\x80\xe9 not UTF-8",
    b"a\0b\nc\r\td",
    b"%s%n%x {0.__class__} ${HOME} `id`",
    b"<script>alert(1)</script>",
    b'=HYPERLINK("file:///etc/passwd")',
    "\u202eright to left \U0001f600".encode(),
)

HOSTILE_NAMES = (
    b"caf\xe9\xff%s",
    b"-rf%s",
    b"a\nb%s",
    b"13:45%s",
    b"%%s%%n%s",
    b" %s",
    b"...%s",
    "\u202e\U0001f600%s".encode(),
    b"x" * 240 + b"%s",
    b"'\"; $(id) &%s",
)

MP4_BOXES = re.findall(
    "....",
    "mvhdtkhdmdhdhdlrstsdsttscttsstssstscstszstcoco64elstedtsvmhdsmhddrefavc1mp4aesdsavcChvcCpaspclapcolrtrextfhdtfdt"
    "trunmfhdmvexmoofmdatmoovtrakmdiaminfstbludtametailstftypsidxmfra",
)

EBML = {
    b"\x2a\xd7\xb1": "time stamp scale",
    b"\x44\x89": "duration",
    b"\xb0": "width",
    b"\xba": "height",
    b"\x54\xb0": "shown width",
    b"\x54\xba": "shown height",
    b"\x23\xe3\x83": "default duration",
    b"\xe7": "cluster time",
    b"\x9f": "channels",
    b"\xb5": "sampling rate",
    b"\xa3": "block",
    b"\x86": "codec",
    b"\x55\xd0": "projection",
    b"\x63\xa2": "codec private",
}

RIFF = {b"avih": (4, 60), b"strh": (4, 56), b"strf": (4, 44), b"idx1": (0, 64), b"movi": (0, 16), b"VP8X": (0, 18),
        b"ANMF": (0, 24), b"ANIM": (0, 14), b"VP8 ": (0, 18), b"LIST": (0, 12), b"RIFF": (0, 8)}  # fmt: skip
"""Names of parts of a RIFF file, with the span after the name in which a field is changed."""


def flip_bits(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Flip one to 64 bits anywhere."""
    for _ in range(2 ** rng.randrange(7)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def change_ends(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Change bytes in the first or last kilobyte, where headers and indexes are."""
    span = min(1024, len(data))
    start = rng.choice((0, len(data) - span))
    for _ in range(rng.randint(1, 24)):
        data[start + rng.randrange(span)] = rng.randrange(256)
    return data


def truncate(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Leave a part from the start, or lose some bytes of the start."""
    if rng.random() < 0.15:
        return data[rng.randint(1, 64) :]
    return data[: rng.randrange(len(data))]


def overwrite_block(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Fill a block with zeros, ones or noise."""
    start, length = rng.randrange(len(data)), rng.randint(1, max(2, len(data) // 8))
    length = min(length, len(data) - start)
    data[start : start + length] = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    return data


def move_block(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Remove a block, repeat it, or move it elsewhere."""
    start, length = rng.randrange(len(data)), rng.randint(1, max(2, len(data) // 6))
    block = data[start : start + length]
    how = rng.randrange(3)
    if how != 1:
        del data[start : start + length]
    if how:
        place = rng.randint(0, len(data))
        data[place:place] = block
    return data


def splice(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """The first part of a file, and the last part of another."""
    other = seeds[rng.choice(sorted(seeds))]
    return data[: rng.randint(1, len(data))] + other[rng.randrange(len(other)) :]


def join(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Two files end to end."""
    return data + seeds[rng.choice(sorted(seeds))]


def edit_mp4(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Change a field of a box, its length, or its name."""
    found = [match.start() for name in MP4_BOXES for match in re.finditer(name.encode(), data)]
    if not found:
        return change_ends(data, rng, seeds)
    for _ in range(rng.randint(1, 3)):
        place = rng.choice(found)
        how = rng.random()
        if how < 0.1:
            _put(data, place - 4, struct.pack(">I", rng.choice(ODD_32)))
        elif how < 0.15:
            _put(data, place, rng.choice((b"free", b"moov", b"mdat", b"trak", b"\0\0\0\0")))
        else:
            _put(data, place + 4 + 4 * rng.randrange(20), _odd(rng, ">"))
    return data


def edit_mp4_sense(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Change what a box means: time scale, duration, size of the picture, shape of a pixel, display matrix."""
    edits = [_time_scale, _mp4_duration, _mp4_size, _pixel_shape, _matrix, _sample_steps]
    rng.shuffle(edits)
    for edit in edits[: rng.randint(1, 2)]:
        edit(data, rng)
    return data


def _time_scale(data: bytearray, rng: random.Random) -> None:
    for name in rng.sample((b"mvhd", b"mdhd"), rng.randint(1, 2)):
        for match in re.finditer(name, bytes(data)):
            _put(data, match.start() + 16, _odd(rng, ">"))


def _mp4_duration(data: bytearray, rng: random.Random) -> None:
    for name, offset in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24)):
        for match in re.finditer(name, bytes(data)):
            _put(data, match.start() + offset, _odd(rng, ">"))


def _mp4_size(data: bytearray, rng: random.Random) -> None:
    for name in (b"avc1", b"hvc1", b"hev1", b"mp4v", b"jpeg", b"rle ", b"png "):
        if (place := data.find(name)) >= 0:
            _put(data, place + 28, struct.pack(">HH", rng.choice(ABSURD_SIDES), rng.choice(ABSURD_SIDES)))
    if (place := data.find(b"tkhd")) >= 0 and rng.random() < 0.5:
        _put(data, place + 80, struct.pack(">II", rng.choice(ODD_32), rng.choice(ODD_32)))


def _pixel_shape(data: bytearray, rng: random.Random) -> None:
    """Set the box `pasp`; where there is none, `colr` is made one."""
    place = data.find(b"pasp")
    place = data.find(b"colr") if place < 0 else place
    if place >= 0:
        _put(data, place, b"pasp" + _odd(rng, ">") + _odd(rng, ">"))


def _matrix(data: bytearray, rng: random.Random) -> None:
    for match in re.finditer(b"tkhd", bytes(data)):
        for offset, value in zip((0, 4, 12, 16), rng.choice(MATRICES), strict=True):
            _put(data, match.start() + 44 + offset, struct.pack(">i", value << 16 if abs(value) < 2**15 else value))


def _sample_steps(data: bytearray, rng: random.Random) -> None:
    """The steps between time stamps."""
    for name in (b"stts", b"ctts", b"trun", b"tfdt", b"elst"):
        if (place := data.find(name)) >= 0 and rng.random() < 0.5:
            _put(data, place + 12 + 4 * rng.randrange(3), _odd(rng, ">"))


def edit_ebml(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Change the value of an element of a Matroska file, in its own length."""
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(sorted(EBML))
        found = [match.start() for match in re.finditer(re.escape(name), bytes(data[:4096]))]
        if not found:
            continue
        place = rng.choice(found) + len(name)
        length = data[place] & 0x7F if place < len(data) else 0
        if 1 <= length <= 8:
            most = b"\x7f" + b"\xff" * (length - 1)
            _put(data, place + 1, rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length), most)))
        else:
            _put(data, place, rng.randbytes(1))
    return data


def edit_riff(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Change a field of a part of an AVI or WebP file."""
    for _ in range(rng.randint(1, 3)):
        name = rng.choice(sorted(RIFF))
        if (place := data.find(name)) >= 0:
            low, high = RIFF[name]
            _put(data, place + 4 + 4 * rng.randrange(low // 4, high // 4), _odd(rng, "<"))
    return data


def edit_gif(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Change the size of the screen, of a frame, or a delay."""
    if data[:3] != b"GIF":
        return edit_riff(data, rng, seeds)
    frames = [match.start() for match in re.finditer(rb"\x2c.{8}", bytes(data), re.DOTALL)]
    delays = [match.start() + 4 for match in re.finditer(rb"\x21\xf9\x04", bytes(data))]
    places = [6, 8, *(place + offset for place in frames[:40] for offset in (1, 3, 5, 7)), *delays]
    for _ in range(rng.randint(1, 4)):
        _put(data, rng.choice(places), struct.pack("<H", rng.choice((*ABSURD_SIDES, 1000))))
    return data


def edit_picture(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Change the size that a PNG, JPEG, TIFF or BMP file declares; the PNG's check sum is made right again."""
    sides = rng.choice(ABSURD_SIDES), rng.choice(ABSURD_SIDES)
    if (place := data.find(b"IHDR")) >= 0:
        _put(data, place + 4, struct.pack(">II", *sides))
        _put(data, place + 17, struct.pack(">I", zlib.crc32(bytes(data[place : place + 17]))))
    elif data[:2] == b"\xff\xd8" and (match := re.search(rb"\xff[\xc0\xc1\xc2]", bytes(data))):
        _put(data, match.start() + 5, struct.pack(">HH", *sides))
    elif data[:2] == b"BM":
        _put(data, 18, struct.pack("<ii", *sides))
    elif data[:2] in (b"II", b"MM"):
        _put(data, int.from_bytes(data[4:8], "little") + 2 + 12 * rng.randrange(12) + 8, _odd(rng, "<"))
    else:
        return change_ends(data, rng, seeds)
    return data


def hostile_title(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """Overwrite the title with a path, bytes that are not UTF-8, markup, or a formula."""
    place = data.find(TITLE.encode()[:20])
    text = rng.choice(HOSTILE_TEXTS)
    text = (text * (len(TITLE) // len(text) + 1))[: len(TITLE)] if rng.random() < 0.5 else text
    if place < 0:
        return data + text
    _put(data, place, text)
    return data


def as_playlist(data: bytearray, rng: random.Random, seeds: Mapping[str, bytes]) -> bytearray:
    """A text that makes FFmpeg open other files or addresses."""
    return bytearray(
        rng.choice(
            (
                b"ffconcat version 1.0\nfile ../seeds/h264.mp4\nfile /etc/passwd\n",
                b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n../seeds/h264.ts\n#EXT-X-ENDLIST\n",
                b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
                b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
                b'<?xml version="1.0"?><MPD type="static"><Period><BaseURL>../seeds/h264.mp4</BaseURL></Period>',
                b'<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"/>',
                b"GIF89a" + bytes(range(7)) + b";",
            )
        )
    )


MUTATIONS: dict[str, Mutation] = {
    one.__name__: one
    for one in (
        flip_bits, change_ends, truncate, overwrite_block, move_block, splice, join, edit_mp4, edit_mp4_sense,
        edit_ebml, edit_riff, edit_gif, edit_picture, hostile_title, as_playlist,
    )
}  # fmt: skip

ANYWHERE = ("flip_bits", "change_ends", "truncate", "overwrite_block", "move_block", "splice", "join")
OF_FORMAT = {
    ".mp4": ("edit_mp4", "edit_mp4", "edit_mp4_sense", "edit_mp4_sense"),
    ".mov": ("edit_mp4", "edit_mp4", "edit_mp4_sense"),
    ".3gp": ("edit_mp4", "edit_mp4_sense"),
    ".mkv": ("edit_ebml", "edit_ebml", "edit_ebml"),
    ".webm": ("edit_ebml", "edit_ebml", "edit_ebml"),
    ".avi": ("edit_riff", "edit_riff", "edit_riff"),
    ".gif": ("edit_gif", "edit_gif", "edit_gif"),
    ".webp": ("edit_gif", "edit_gif"),
    ".jpg": ("edit_picture", "edit_picture"),
    ".png": ("edit_picture", "edit_picture"),
    ".tif": ("edit_picture", "edit_picture"),
    ".bmp": ("edit_picture", "edit_picture"),
}
"""Mutations that know a format, by suffix; one that stands twice is drawn twice as often."""

SUFFIXES = (".mp4", ".mkv", ".avi", ".gif", ".jpg", ".webp", ".txt", "")


@dataclass(frozen=True)
class Mutant:
    """A mutant: file name, bytes, and what was done."""

    name: bytes
    data: bytes
    done: tuple[str, ...]


def make_mutant(seed: str, number: int, seeds: Mapping[str, bytes]) -> Mutant:
    """The mutant of a recipe: a function of the seed's name, the number and the bytes of the seeds alone."""
    rng = random.Random(f"{seed}:{number}")
    suffix = "." + seed.rpartition(".")[2]
    known = (*OF_FORMAT.get(suffix, ()), "hostile_title")
    done = [rng.choice(known if rng.random() < 0.55 else ANYWHERE) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    if rng.random() < 0.01:
        done = ["as_playlist"]
    data = bytearray(seeds[seed])
    for name in done:
        data = MUTATIONS[name](data, rng, seeds) if data else data
    name = b"mutant" + suffix.encode()
    if rng.random() < 0.06:
        name = rng.choice(HOSTILE_NAMES) % suffix.encode()
        done.append("name")
    elif rng.random() < 0.04:
        name = b"mutant" + rng.choice(SUFFIXES).encode()
        done.append("suffix")
    return Mutant(name, bytes(data), tuple(done))


def _odd(rng: random.Random, order: str) -> bytes:
    """Four bytes of an odd number: extreme, random, or small."""
    value = rng.choice((rng.choice(ODD_32), rng.getrandbits(32), rng.randrange(1000)))
    return struct.pack(f"{order}I", value)


def _put(data: bytearray, place: int, new: bytes) -> None:
    """Overwrite bytes; what reaches beyond the end is left out."""
    if 0 <= place < len(data):
        new = new[: len(data) - place]
        data[place : place + len(new)] = new
