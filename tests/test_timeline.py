"""The timeline contract: what a table must hold, what may stand beside it, and its files."""

import importlib.util

import pandas as pd
import pytest

from emo_utils.errors import EmoError, MissingPackageError
from emo_utils.timeline import Timeline, columns

CLASSES = ("happiness", "neutral")


def table() -> pd.DataFrame:
    faces = pd.DataFrame({"frame_index": [0, 1], "time_s": [0.0, 0.04], "track_id": 1, "person_id": 1, "status": "ok"})
    return faces.reindex(columns=columns(CLASSES)).assign(p_happiness=0.9, smoothed_p_happiness=0.8)


def test_probabilities_of_the_frame_stand_before_the_smoothed_ones():
    names = columns(CLASSES)
    assert names.index("p_neutral") < names.index("smoothed_emotion") < names.index("smoothed_p_happiness")


def test_probabilities_without_the_baseline_stand_last():
    after = ["baseline_emotion", "baseline_confidence", "b_happiness", "b_neutral"]
    assert columns(CLASSES)[-5:] == ["smoothed_p_neutral", *after]


def test_without_a_baseline_its_columns_are_empty_in_csv_and_parquet(tmp_path):
    Timeline(table().assign(baseline_emotion=None), CLASSES).save(tmp_path)
    for name in ("timeline.csv", "timeline.parquet"):
        again = Timeline.load(tmp_path / name)
        assert again.table[columns(CLASSES)[-4:]].isna().all(axis=None)
        assert again.table["baseline_emotion"].dtype == object


def test_a_table_of_the_second_contract_says_what_to_do(tmp_path):
    table().drop(columns=columns(CLASSES)[-4:]).to_csv(tmp_path / "timeline.csv", index=False)
    with pytest.raises(EmoError, match="of an older contract: analyse the clip again"):
        Timeline.load(tmp_path / "timeline.csv")


def test_measures_stand_after_the_contract_and_survive_a_file(tmp_path):
    timeline = Timeline(table().assign(valence=0.5), CLASSES)
    assert timeline.measures == ["valence"]
    timeline.save(str(tmp_path / "new folder"))
    for name in ("timeline.csv", "timeline.parquet"):
        again = Timeline.load(tmp_path / "new folder" / name)
        assert (again.classes, again.measures) == (CLASSES, ["valence"])
    with pytest.raises(EmoError, match="not a timeline"):
        Timeline(table()[["frame_index", *columns(CLASSES)[:0:-1]]], CLASSES)


def test_a_table_of_the_first_contract_says_what_to_do(tmp_path):
    older = table().drop(columns=[f"smoothed_p_{name}" for name in CLASSES])
    older.to_csv(tmp_path / "timeline.csv", index=False)
    with pytest.raises(EmoError, match="of an older contract: analyse the clip again"):
        Timeline.load(tmp_path / "timeline.csv")


def test_probabilities_of_a_person_alone_and_smoothed():
    timeline = Timeline(table(), CLASSES)
    assert timeline.probabilities(1)[:, 0].tolist() == [0.9, 0.9]
    assert timeline.probabilities(1, "smoothed_p_")[:, 0].tolist() == [0.8, 0.8]


@pytest.fixture
def without_pyarrow(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pyarrow" else find(name))


def test_without_pyarrow_the_csv_alone_is_written(tmp_path, without_pyarrow):
    assert Timeline(table(), CLASSES).save(tmp_path) == (tmp_path / "timeline.csv",)
    assert [path.name for path in tmp_path.iterdir()] == ["timeline.csv"]


def test_without_pyarrow_a_parquet_file_says_what_is_needed(tmp_path, without_pyarrow):
    with pytest.raises(MissingPackageError, match=r"pip install 'emo-utils\[parquet\]'; or read the timeline.csv"):
        Timeline.load(tmp_path / "timeline.parquet")
