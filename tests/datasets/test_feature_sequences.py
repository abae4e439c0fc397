import numpy as np
import pytest

from emo_utils.datasets.csv_tables import TableError
from emo_utils.datasets.feature_sequences import load_feature_sequences
from emo_utils.errors import EmoError
from emo_utils.workflows.sources import Data, with_encoders

HEAD = "frame, timestamp, confidence, success, AU01_r, AU12_r"


def write(folder, name: str, *rows: str, head: str = HEAD):
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.csv").write_text("\n".join((head, *rows)) + "\n")


def test_openface_tables_give_action_units_of_frames_with_a_face(tmp_path):
    write(
        tmp_path, "01-01-03-01-01-01-02", "1, 0.0, 0.9, 1, 0.5, 2", "2, 0.1, 0.0, 0, 0, 0", "3, 0.2, 0.9, 1, 1.5, nan"
    )
    write(tmp_path, "01-01-05-02-01-01-11", "1, 0.0, 0.9, 1, 3, 4")
    found = load_feature_sequences("ravdess", tmp_path)
    assert found.names == ("AU01_r", "AU12_r")
    assert [clip.emotion for clip in found.clips] == ["happiness", "anger"]
    assert [clip.subject_id for clip in found.clips] == ["actor_02", "actor_11"]
    assert [values.tolist() for values in found.values] == [[[0.5, 2]], [[3, 4]]]


def test_the_shared_frames_of_ravdess_are_read(shared):
    folder = shared / "data" / "ravdess_au" / "frames"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    found = load_feature_sequences("ravdess", folder)
    assert (len(found.clips), len(found.names)) == (300, 35)
    assert len({clip.subject_id for clip in found.clips}) == 5
    assert sum(map(len, found.values)) == 33_493
    assert all(np.isfinite(values).all() for values in found.values)


@pytest.mark.parametrize(
    ("rows", "head", "said"),
    [
        (["1, 0.0, 0.9, 0, 1, 1"], HEAD, "expected a frame with a face, found none"),
        (["1, 2"], "frame, AU99_r", "expected the columns of the first table, AU01_r, AU12_r; found AU99_r"),
    ],
)
def test_tables_that_cannot_be_read_are_named(tmp_path, rows, head, said):
    write(tmp_path, "01-01-03-01-01-01-02", "1, 0.0, 0.9, 1, 0.5, 2")
    write(tmp_path, "01-01-05-02-01-01-11", *rows, head=head)
    with pytest.raises(TableError, match=f"01-01-05-02-01-01-11.csv: {said}"):
        load_feature_sequences("ravdess", tmp_path)


def test_a_folder_without_tables_and_names_without_people_are_refused(tmp_path):
    with pytest.raises(TableError, match="expected a CSV file per clip, found none"):
        load_feature_sequences("ravdess", tmp_path)
    write(tmp_path, "one", "1, 0.0, 0.9, 1, 0.5, 2")
    with pytest.raises(TableError, match="does not tell person and emotion in its clips' names"):
        load_feature_sequences("folder", tmp_path)


def test_a_network_of_one_row_takes_no_folder_and_the_other_way_round(tmp_path):
    (tmp_path / "means.csv").write_text("clip_id,AU01\n01-01-03-01-01-01-02,1\n")
    for backbone, path in (("mlp", tmp_path), ("statistics", tmp_path / "means.csv")):
        with pytest.raises(EmoError, match=rf"backbone {backbone}: expected a"):
            with_encoders(Data("ravdess", "features", features=path), backbone)


def test_a_folder_of_tables_is_trained_on_by_person(tmp_path, emo, monkeypatch):
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path / "data"))
    rng, folder = np.random.default_rng(0), tmp_path / "frames"
    for actor in range(1, 7):
        own = rng.normal(0, 5)
        for take, emotion in enumerate(("03", "05") * 3):
            rows = [f"{i}, 0, 1, 1, {own + (emotion == '03') + rng.normal(0, 0.3)}, {own}" for i in range(5)]
            write(folder, f"01-01-{emotion}-{take // 2 % 2 + 1:02}-{take // 4 + 1:02}-01-{actor:02}", *rows)
    asked = ("ravdess", "--features", folder, "--backbone", "statistics", "--protocol", "subject", "--folds", 3)
    code, out, err = emo("train", *asked, "--normalise", "person")
    assert code == 0, err
    assert "uses unlabelled clips of test people" in out
    pooled = next(line.split() for line in out.splitlines() if line.startswith("pooled"))
    assert pooled[1:3] == ["36", "6"]
    assert float(pooled[3]) > 0.9
