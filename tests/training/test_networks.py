"""Networks as an experiment begins with them."""

import json

import torch
from bars import bars, settings

from emo_utils.run_folder import RunFolder
from emo_utils.training.networks import build_network, first_inputs, load_run
from emo_utils.training.run import licence_of
from emo_utils.training.weights_file import save_weights


def test_a_start_without_statistics_is_given_those_of_the_training_part(recogniser_files, tmp_path, monkeypatch):
    experiment, samples = settings(backbone="mobilenet_face", backbone_options={"size": 32}), bars(64)
    model = build_network(experiment, samples)
    assert not model.folded
    x = first_inputs(samples, experiment.input_spec)
    convolution, norm, _ = model.layers[0]
    with torch.no_grad():
        raw = convolution(model.prepared(x))
    torch.testing.assert_close(raw.mean((0, 2, 3)), norm.running_mean, atol=1e-3, rtol=1e-3)

    save_weights(RunFolder(tmp_path).network_file, model)
    RunFolder(tmp_path).experiment_file.write_text(json.dumps(experiment.to_dict()))
    monkeypatch.setenv("EMO_MODELS_DIR", str(tmp_path / "none"))  # a trained network does not need its start any more
    read_back, _ = load_run(tmp_path, samples)
    with torch.no_grad():
        torch.testing.assert_close(read_back.eval()(x), model.eval()(x))


def test_weights_that_started_from_a_recogniser_name_its_terms():
    assert "VGGFace2" in licence_of(settings(backbone="mobilenet_face"))
    assert "Apache-2.0" in licence_of(settings(backbone="mobilenet_face", weights="runs/earlier"))
    assert "VGGFace2" not in licence_of(settings(backbone="mobilenet_face", weights="random"))
    assert "VGGFace2" not in licence_of(settings())
