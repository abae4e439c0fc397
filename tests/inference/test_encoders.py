"""Frozen encoders: faces to embeddings, kept on disk by hash, and read once in overlapping windows."""

import numpy as np
import pytest

from emo_utils.datasets.manifest import Manifest, Row
from emo_utils.errors import SampleError, UnknownNameError
from emo_utils.hashing import sha256_of_file
from emo_utils.inference.embedding_cache import embed_manifest, read_embeddings
from emo_utils.inference.encoders import EmbeddedSample, embed_faces, open_encoders
from emo_utils.representations.sequence import save_sequence
from emo_utils.structures import FaceSequence


@pytest.fixture(scope="module")
def encoders():
    return open_encoders(["ferplus-tiny", "ferplus-int8"], threads=1)


@pytest.fixture
def faces():
    return np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)


def test_features_of_several_encoders_stand_side_by_side(encoders, faces):
    widths = [encoder.engine.features for encoder in encoders]
    together = embed_faces(encoders, faces)
    assert together.shape == (5, sum(widths))
    np.testing.assert_array_equal(together[:, : widths[0]], encoders[0].embed(faces))
    np.testing.assert_array_equal(together[:, widths[0] :], encoders[1].embed(faces))
    assert encoders[0].describe() == {"weights": "ferplus-tiny", "sha256": encoders[0].weights.sidecar["sha256"]}


def test_an_unknown_encoder_is_named():
    with pytest.raises(UnknownNameError, match="ferplus-tinny"):
        open_encoders(["ferplus-tinny"])


def manifest_of(folder, faces) -> Manifest:
    folder.mkdir(exist_ok=True)
    save_sequence(folder / "sequence.npz", FaceSequence(faces, np.arange(len(faces)), np.arange(len(faces)) / 10))
    digest = sha256_of_file(folder / "sequence.npz")
    row = Row("clip", "clip.mp4", "p1", "anger", "", "ok", "", ("sequence.npz",), (digest,), 1.0, len(faces))
    return Manifest(folder, (row,))


def test_embeddings_are_made_once_and_anew_for_another_sample(encoders, faces, tmp_path, monkeypatch):
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path / "data"))
    (files,) = embed_manifest(manifest_of(tmp_path / "one", faces), encoders).values()
    np.testing.assert_allclose(read_embeddings(files), embed_faces(encoders, faces), atol=1e-6)
    stamps = [file.stat().st_mtime_ns for file in files]
    embed_manifest(manifest_of(tmp_path / "one", faces), encoders)
    assert [file.stat().st_mtime_ns for file in files] == stamps, "read from disk"
    (others,) = embed_manifest(manifest_of(tmp_path / "one", faces[::-1]), encoders).values()
    assert not {*files} & {*others}
    files[0].write_bytes(b"broken")
    with pytest.raises(SampleError, match=r"expected embeddings, found .*; remove"):
        read_embeddings(files)


def test_crops_of_another_size_are_refused(encoders, faces, tmp_path, monkeypatch):
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(SampleError, match="encoders read gray faces of 48 px, found"):
        embed_manifest(manifest_of(tmp_path / "small", faces[:, :32, :32]), encoders)


def test_a_face_in_several_windows_is_embedded_once(encoders, faces):
    read = []

    class Counting:
        def embed(self, crops):
            read.append(len(crops))
            return encoders[0].embed(crops)

    windows = iter([faces[:3, None], faces[1:4, None], faces[[4, 4]][:, None], None])
    sample = EmbeddedSample(lambda pictures, cutter: next(windows), (Counting(),))
    found = [sample([], None) for _ in range(3)]
    assert read == [3, 1, 1]
    np.testing.assert_allclose(found[1], encoders[0].embed(faces[1:4]), atol=1e-6)
    np.testing.assert_array_equal(found[2][0], found[2][1])
    assert sample([], None) is None
