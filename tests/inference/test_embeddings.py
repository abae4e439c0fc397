"""Embeddings of the faces of a clip, with the real detector and the shipped weights."""

import numpy as np
import pytest

from emo_utils.errors import EmoError
from emo_utils.inference.embeddings import Embeddings
from emo_utils.inference.options import AnalysisOptions
from emo_utils.workflows.analyze import analyze_clip
from emo_utils.workflows.analyzer import Analyzer


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer(segments=False, embeddings=True)


@pytest.fixture(scope="module")
def analysis(analyzer, clips):
    return analyzer.analyze(clips / "two_people.gif")


def test_every_face_that_was_read_has_an_embedding(analysis):
    found, faces = analysis.embeddings, analysis.results.result.timeline.faces
    assert found.values.dtype == np.float16
    assert found.values.shape == (len(found), 256)
    rows = set(zip(found.frame_index.tolist(), found.track_id.tolist(), found.person_id.tolist(), strict=True))
    expected = zip(faces["frame_index"], faces["track_id"], faces["person_id"], strict=True)
    assert rows <= {tuple(map(int, ids)) for ids in expected}
    assert len(rows) == len(found) >= 0.9 * len(faces)


def test_embeddings_belong_to_their_own_face(analysis):
    """Two faces of one frame differ more than one face in two frames in a row."""
    found = analysis.embeddings
    values = found.values.astype(float)
    tracks = [values[found.track_id == track] for track in np.unique(found.track_id)[:2]]
    together = min(map(len, tracks))
    within = np.linalg.norm(np.diff(tracks[0][:together], axis=0), axis=1)
    between = np.linalg.norm(tracks[0][:together] - tracks[1][:together], axis=1)
    assert np.median(within) < np.median(between)


def test_the_timeline_is_the_same_with_and_without(analysis, clips):
    plain = Analyzer(segments=False).analyze(clips / "two_people.gif")
    assert plain.embeddings is None
    assert plain.timeline.equals(analysis.timeline)


def test_the_file_holds_what_the_analysis_gives(analysis, analyzer, clips, tmp_path):
    done = analyze_clip(clips / "two_people.gif", tmp_path / "out", analyzer, ["timeline", "embeddings"])
    read = Embeddings.load(done.folder / "embeddings.npz")
    for name in ("frame_index", "track_id", "person_id", "values"):
        np.testing.assert_array_equal(getattr(read, name), getattr(analysis.embeddings, name))


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "embeddings.npz"
    np.savez(path, values=np.zeros((2, 3)))
    with pytest.raises(
        EmoError, match=r"expected embeddings as `emo analyze --embeddings` writes them.*analyse the clip"
    ):
        Embeddings.load(path)


def test_apexes_alone_have_no_embeddings():
    with pytest.raises(EmoError, match="ask for one of the two"):
        AnalysisOptions(apex_only=True, embeddings=True)
