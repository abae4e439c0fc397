"""Numbers per clip: the table that training reads, of clips with a face, in one command."""

import itertools

import numpy as np
import pandas as pd
import pytest

from emo_utils.datasets.features import load_features
from emo_utils.errors import EmoError
from emo_utils.video import read_frames
from emo_utils.video_writer import write_video
from emo_utils.workflows.clip_features import STATISTICS, write_features


@pytest.fixture(scope="module")
def corpus(clips, tmp_path_factory):
    """Two clips of a person, before and during a smile, and one without a face."""
    root = tmp_path_factory.mktemp("corpus")
    frames = [frame.pixels for frame in itertools.islice(read_frames(clips / "single_face.mp4"), 50)]
    blank = [np.zeros_like(frames[0])] * 4
    for name, part in (("neutral/p1_a", frames[:6]), ("happiness/p1_b", frames[40:46]), ("fear/p2_c", blank)):
        path = root / f"{name}.mp4"
        path.parent.mkdir()
        write_video(path, iter(part), 25)
    return root


def test_each_clip_with_a_face_is_a_row_that_training_can_read(corpus, tmp_path, emo):
    path = tmp_path / "features.csv"
    command = ("features", "folder", "--root", corpus, "--subject", "(p\\d)_", "-o", path)
    code, out, _ = emo(*command, "--results", tmp_path / "results")
    assert code == 3, "a clip was left out"
    assert "LEFT OUT, no face" in out
    assert f"2 clips, {55 * len(STATISTICS)} numbers each" in out
    table = load_features("folder", path)
    assert table.values.shape == (2, 55 * len(STATISTICS))
    by_label = {clip.emotion: row for clip, row in zip(table.clips, table.values, strict=True)}
    smile = table.names.index("bs_mouthSmileLeft_mean")
    assert by_label["happiness"][smile] > by_label["neutral"][smile] + 0.5
    assert {clip.subject_id for clip in table.clips} == {"p1"}
    timelines = [pd.read_csv(file) for file in (tmp_path / "results").rglob("timeline.csv")]
    means = sorted(one["yaw"].mean() for one in timelines if one["yaw"].notna().any())
    np.testing.assert_allclose(sorted(table.values[:, table.names.index("yaw_mean")]), means, rtol=1e-4)
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "results").rglob("timeline.csv")}
    emo(*command, "--results", tmp_path / "results")
    assert before == {file: file.stat().st_mtime_ns for file in before}, "finished clips are not analysed again"


def test_what_has_no_videos_or_measures_is_refused(corpus, tmp_path):
    with pytest.raises(EmoError, match="expected one measure or more"):
        write_features("folder", tmp_path / "a.csv", (), {"root": corpus})
    assert list(tmp_path.iterdir()) == []
