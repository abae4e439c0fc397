"""One real face in files of every strange kind: rows, stamps, boxes and probabilities are those of the plain clip."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from strange_files import cut, damage, replace_bytes, with_matrix

from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.timeline import Timeline
from emo_utils.video import read_frames

FRAMES, FPS = 30, 30
BOX = ["x1", "y1", "x2", "y2"]


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(AnalysisOptions(segments=False))


@pytest.fixture(scope="module")
def face(clips) -> list[np.ndarray]:
    """A second of a man who begins to smile, uint8 (180, 320, 3) each."""
    frames = list(read_frames(clips / "single_face.mp4"))[: 2 * FRAMES : 2]
    return [np.ascontiguousarray(frame.pixels[::2, ::2]) for frame in frames]


def encoded(path: Path, pixels, codec="libx264", fps=FPS, options=None, disposition=1, movflags="") -> Path:
    """The frames as a clip of good quality; `movflags` as FFmpeg's."""
    with av.open(str(path), "w", options={"movflags": movflags} if movflags else {}) as container:
        stream = container.add_stream(codec, rate=fps, options={"crf": "18"} | (options or {}))
        stream.height, stream.width = pixels[0].shape[:2]
        stream.pix_fmt, stream.bit_rate, stream.disposition = "yuv420p", 2_000_000, Disposition(disposition)
        stream.codec_context.time_base = Fraction(1, 1000) if fps == 1000 else Fraction(1, fps)
        for index, frame in enumerate(pixels):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def plain(pipeline, face, tmp_path_factory) -> Timeline:
    return pipeline.run(encoded(tmp_path_factory.mktemp("plain") / "plain.mp4", face)).timeline


def mirrored(folder, face):
    return with_matrix(encoded(folder / "a.mp4", [np.fliplr(p) for p in face]), -1, 0, 0, 1)


def turned(folder, face):
    return with_matrix(encoded(folder / "a.mp4", [np.rot90(p) for p in face]), 0, 1, -1, 0)


def one_damaged(folder, face):
    return damage(encoded(folder / "a.mp4", face, options={"g": "5", "bf": "0"}), [12])


def truncated(folder, face):
    return cut(encoded(folder / "a.mp4", face, movflags="+faststart", options={"bf": "0"}), 0.8)


def reordered_avi(folder, face):
    return encoded(folder / "a.avi", face, options={"bf": "2"})


def declared_1000(folder, face):
    return encoded(folder / "a.webm", face, "libvpx", fps=1000, options={"deadline": "realtime", "cpu-used": "8"})


def end_to_end(folder, face):
    path = encoded(folder / "a.ts", face)
    path.write_bytes(path.read_bytes() * 2)
    return path


def odd_metadata(folder, face):
    path = encoded(folder / "a.mp4", face)
    with av.open(str(path)) as source, av.open(str(folder / "b.mkv"), "w") as container:
        container.metadata["title"] = "caf~~"
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux():
            if packet.size:
                packet.stream = stream
                container.mux(packet)
    return replace_bytes(folder / "b.mkv", b"caf~~", b"caf\xe9\xff")


KINDS = {
    "mirrored": (mirrored, FRAMES),
    "turned": (turned, FRAMES),
    "one damaged packet": (one_damaged, FRAMES - 1),
    "truncated": (truncated, None),
    "H.264 with B-frames in AVI": (reordered_avi, FRAMES),
    "a declared rate of 1000": (declared_1000, FRAMES),
    "two files laid end to end": (end_to_end, 2 * FRAMES),
    "metadata that is not UTF-8": (odd_metadata, FRAMES),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_strange_file_is_read_as_the_plain_one(pipeline, plain, face, tmp_path, kind):
    make, rows = KINDS[kind]
    timeline = pipeline.run(make(tmp_path, face)).timeline
    found, table = timeline.table, plain.table
    assert len(found) == (rows or len(found))
    assert len(found) >= 0.6 * FRAMES
    assert set(found["track_id"]) == {1}
    assert (found["status"] != "no_face").all()
    np.testing.assert_allclose(found["time_s"][:6], table["time_s"][:6], atol=2e-3)
    assert (np.diff(found["time_s"]) > 0).all()
    first = slice(0, min(len(found), FRAMES) - 1)
    difference = (found[BOX].to_numpy()[first] - table[BOX].to_numpy()[first]).round()
    assert np.median(np.abs(difference)) <= 3, "pixels, of a face of 87"
    p = timeline.probabilities(1)[first] - plain.probabilities(1)[first]
    assert np.median(np.abs(p).max(axis=1)) < 0.15


def test_what_is_wrong_stands_in_the_summary(pipeline, face, tmp_path):
    damaged = pipeline.run(one_damaged(tmp_path, face)).timeline.provenance
    assert damaged.summary()["damaged"] == 1
    assert damaged.summary()["truncated"] is None
    assert damaged.detector == "mediapipe"
    assert "is damaged near 0.3" in damaged.warnings[0]
    half = pipeline.run(truncated(tmp_path, face)).timeline.provenance
    assert "read up to" in half.summary()["truncated"]
    assert half.summary()["damaged"] == 0


def test_a_picture_without_a_face_says_so(pipeline, tmp_path):
    timeline = pipeline.run(encoded(tmp_path / "a.mp4", [np.full((96, 128, 3), 90, np.uint8)] * 5)).timeline
    assert timeline.provenance.warnings == ("no face was found in it",)
