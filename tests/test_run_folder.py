"""The folder of a run: what is found in it, which fold is taken, and what is said where something is absent."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from emo_utils.errors import RunError
from emo_utils.run_folder import RunFolder, pooled_predictions
from emo_utils.run_identity import differing, same_settings
from emo_utils.training.experiment import Experiment

STACK = {"backbone": "mobilenetv3_large", "representation": {"name": "stack"}, "corpus": "stock"}
TABLE = pd.DataFrame({"clip_id": ["01", "02"], "subject_id": ["1", "2"], "label": "fear", "p_fear": 0.9, "p_calm": 0.1})


def finish(folder: RunFolder, experiment: dict, part: str = "test", network: bool = True) -> RunFolder:
    """A finished fold without a training."""
    folder.path.mkdir(parents=True)
    folder.metrics_file.write_text(json.dumps({"experiment": experiment}))
    TABLE.to_csv(folder.predictions_file(part), index=False)
    if network:
        folder.experiment_file.write_text(json.dumps(experiment))
        folder.network_file.touch()
    return folder


@pytest.fixture
def run(tmp_path) -> RunFolder:
    """Folds 2 and 10 are finished, fold 0 was begun."""
    found = RunFolder(tmp_path / "run")
    for number in (10, 2):
        finish(found.fold(number), STACK)
    found.fold(0).path.mkdir()
    (found.path / "fold_notes").mkdir()
    return found


def test_folds_are_found_by_number_and_a_begun_one_is_not_finished(run):
    assert [fold.number for fold in run.folds()] == [0, 2, 10]
    assert [fold.number for fold in run.finished_folds()] == [2, 10]
    assert (run.number, run.fold(2).folds()) == (None, ())


def test_the_first_finished_fold_is_taken_and_named(run, caplog):
    assert run.one_fold() == run.fold(2)
    assert "2 finished folds; fold_2 is used" in caplog.text
    assert run.one_fold(10) == run.fold(10).one_fold() == run.fold(10)
    with pytest.raises(RunError, match="expected fold_1, found fold_0, fold_2, fold_10"):
        run.one_fold(1)


def test_folds_are_read_together_and_ids_stay_text(run):
    table = pooled_predictions(run.finished_folds())
    assert list(table["fold"]) == [2, 2, 10, 10]
    assert set(table["subject_id"]) == {"1", "2"}
    assert set(table["clip_id"]) == {"01", "02"}


def test_the_part_that_is_measured_comes_first(tmp_path):
    run = finish(RunFolder(tmp_path / "run"), STACK, "validation")
    assert run.parts() == ("validation",)
    TABLE.to_csv(run.predictions_file("train"), index=False)
    TABLE.iloc[:1].to_csv(run.predictions_file("test"), index=False)
    assert run.parts() == ("test", "validation", "train")
    assert len(run.predictions()) == 1
    with pytest.raises(RunError, match="expected predictions of the part other, found test, validation, train"):
        run.predictions("other")


def test_the_history_comes_back_as_it_was_added(tmp_path):
    run = RunFolder(tmp_path)
    assert run.history().empty
    for epoch in range(2):
        run.append_history({"epoch": epoch, "uar": 0.1 + 1e-9})
    assert run.history().to_dict("list") == {"epoch": [0, 1], "uar": [0.1, 0.1]}


def test_a_network_that_reads_no_single_faces_is_described(run):
    run.fold(2).weights_file.touch()
    assert run.weights() == run.fold(2).weights_file
    spec = {"channels": 9, "colour": "gray", "size": 224}
    run.fold(10).experiment_file.write_text(json.dumps(STACK | {"input_spec": spec}))
    message = r"expected weights.onnx.*found mobilenetv3_large on the representation stack \(9 channels, gray, 224 px\)"
    with pytest.raises(RunError, match=message):
        run.weights(10)


def test_a_model_without_a_network_is_named(tmp_path):
    features = {"backbone": "extra_trees", "representation": {"name": "features"}}
    run = finish(RunFolder(tmp_path / "run").fold(0), features, network=False)
    with pytest.raises(RunError, match="found extra_trees on the representation features; models of scikit-learn keep"):
        run.weights()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ((), "expected the folder of a run, .* found an empty folder"),
        (("b.txt", "a.mp4"), "expected the folder of a run, .* found a.mp4, b.txt"),
        (("fold_0", "fold_1"), "expected a finished fold, found fold_0, fold_1 without metrics.json"),
    ],
)
def test_a_folder_without_a_finished_run_says_what_it_holds(tmp_path, content, message):
    for name in content:
        (tmp_path / name).touch() if "." in name else (tmp_path / name).mkdir()
    with pytest.raises(RunError, match=message):
        RunFolder(tmp_path).weights()


def test_no_folder_and_a_torn_file_are_told_apart(tmp_path):
    with pytest.raises(RunError, match="found no such folder"):
        RunFolder(tmp_path / "absent").one_fold()
    RunFolder(tmp_path).metrics_file.write_text('{"experiment": ')
    with pytest.raises(RunError, match="metrics.json: expected JSON"):
        RunFolder(tmp_path).metrics()


def test_a_run_is_finished_only_with_the_same_settings(tmp_path):
    older = {key: value for key, value in Experiment(seed=3).to_dict().items() if key != "sharpness"}
    run = finish(RunFolder(tmp_path / "run"), older)
    for experiment, same in ((Experiment(seed=3), True), (Experiment(seed=3, sharpness=0.1), False)):
        assert (run.finished(experiment.to_dict(), Experiment.defaults()) is not None) == same
    assert run.finished() == {"experiment": json.loads(json.dumps(older))}
    assert RunFolder(tmp_path / "absent").finished() is None


def test_a_setting_that_is_added_with_a_default_leaves_the_identity():
    spec = replace(Experiment().input_spec, size=64)
    settings, defaults = Experiment(epochs=3, input_spec=spec).to_dict(), Experiment.defaults()
    before = differing(settings, defaults)
    assert before == {"epochs": 3, "input_spec": {"size": 64}}
    grown = settings | {"new": 1.0, "input_spec": settings["input_spec"] | {"also": "x"}}
    grown_defaults = defaults | {"new": 1.0, "input_spec": defaults["input_spec"] | {"also": "x"}}
    assert differing(grown, grown_defaults) == before
    assert same_settings(settings, grown, grown_defaults)
    assert not same_settings(settings, grown | {"new": 2.0}, grown_defaults)


def test_the_name_of_a_run_does_not_change_with_a_new_setting_nor_between_folds():
    """The name is written here as it was when names began to hash what differs from the defaults."""
    experiment = Experiment(backbone="face_net", seed=2, epochs=3)
    assert experiment.name == "face_net-frame-official-s2-addce7a1"
    assert replace(experiment, fold=4).name == experiment.name
    assert replace(experiment, epochs=4).name != experiment.name
