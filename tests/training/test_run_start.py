"""A run as the start of another: same network, other classes, other channels, another network."""

import json
import logging
from dataclasses import replace

import pytest
import torch
from bars import bars, settings

from emo_utils.errors import WeightsError
from emo_utils.models.stem import adapt_stem
from emo_utils.run_folder import RunFolder
from emo_utils.training.fit import fit
from emo_utils.training.networks import build_network, check_start
from emo_utils.training.run import write_sidecar
from emo_utils.training.run_start import describe_start
from emo_utils.training.weights_file import load_file

SMALL = settings().backbone_options


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A finished fold of gray faces in four classes."""
    folder = tmp_path_factory.mktemp("first") / "fold_0"
    experiment = settings(epochs=1)
    fit(experiment, {"train": bars(32), "validation": bars(16, 1)}, folder)
    run = RunFolder(folder)
    write_sidecar(run, experiment, bars(4).classes, {}, {})
    run.metrics_file.write_text(json.dumps({"experiment": experiment.to_dict()}))
    return folder.parent, load_file(run.network_file)


def other_classes(samples):
    return replace(samples, classes=("anger", "fear", "happiness", "neutral"))


def test_the_same_classes_and_channels_take_every_tensor(first):
    folder, tensors = first
    experiment = settings(weights=str(folder), corpus="sample", protocol="subject")
    model = build_network(experiment, bars(8))
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, tensors[key], rtol=0, atol=0)
    assert describe_start(experiment, 1, bars(4).classes).is_whole


def test_other_classes_get_a_new_last_layer_and_all_else(first):
    folder, tensors = first
    experiment = settings(weights=str(folder))
    for samples in (other_classes(bars(8)), replace(bars(8), classes=("anger", "fear", "disgust"))):
        torch.manual_seed(0)
        state = build_network(experiment, samples).state_dict()
        changed = [key for key in state if state[key].shape != tensors[key].shape or (state[key] != tensors[key]).any()]
        assert len(changed) == 2, "weight and bias of the last layer"
        assert len(state[changed[0]]) == len(samples.classes)


def test_other_channels_get_an_adapted_first_convolution(first):
    folder, tensors = first
    experiment = settings(weights=str(folder))
    state = build_network(experiment, bars(8, channels=5)).state_dict()
    (key,) = [key for key in state if state[key].shape != tensors[key].shape]
    torch.testing.assert_close(state[key], adapt_stem(tensors[key], 5))
    assert describe_start(experiment, 5, bars(4).classes).stem == "adapted from 1 to 5 channels"


def test_what_became_of_it_is_in_the_runs_record(first, tmp_path):
    folder, _ = first
    experiment = settings(epochs=1, weights=str(folder))
    fit(experiment, {"train": other_classes(bars(16)), "validation": other_classes(bars(8, 1))}, tmp_path)
    record = json.loads(RunFolder(tmp_path).start_file.read_text())
    assert record["folder"] == str(folder / "fold_0")
    assert (
        record["head"]
        == "made anew, for anger, fear, happiness, neutral instead of neutral, happiness, surprise, sadness"
    )
    assert record["stem"] == "kept"


def test_a_fold_that_the_start_does_not_have_takes_the_first_one(first):
    experiment = settings(weights=str(first[0]), corpus="sample", protocol="subject", fold=3)
    assert describe_start(experiment, 1, bars(4).classes).folder.endswith("fold_0")


def test_another_network_is_named(first):
    with pytest.raises(WeightsError, match=r"expected those of cnn3d, found face_net; give --backbone face_net"):
        check_start(settings(weights=str(first[0]), backbone="cnn3d", backbone_options={}), 3, bars(4).classes)
    wide = settings(weights=str(first[0]), backbone_options=SMALL | {"widths": (8, 24)})
    with pytest.raises(WeightsError, match=r"found another network's, with the options .*widths.*; give the same"):
        check_start(wide, 1, bars(4).classes)


def test_another_split_of_the_same_corpus_is_said(first, caplog):
    with caplog.at_level(logging.WARNING):
        check_start(settings(weights=str(first[0]), protocol="random"), 1, bars(4).classes)
    assert "with another split: it may have learnt from people of the test part" in caplog.text
