import pytest

from emo_utils.inference.weights import find_weights
from emo_utils.training.evaluate import evaluate_weights
from emo_utils.training.measure import measure
from emo_utils.training.predictions import read_predictions


def test_the_shipped_weights_reach_what_their_sidecar_says(ferplus_archive, tmp_path):
    report = evaluate_weights("ferplus", "ferplus", "test", tmp_path / "predictions.csv")
    assert report["n"] == 3546
    assert report["accuracy"] >= 0.82
    assert report["per_person"] == {}, "FER+ does not tell who is in its pictures"
    promised = find_weights("ferplus").sidecar["metrics"]["test"]
    for key in ("accuracy", "uar", "macro_f1"):
        assert report[key] == pytest.approx(promised[key], abs=2e-3)
    assert report["accuracy_interval_95"] == pytest.approx(promised["accuracy_interval_95"], abs=2e-3)
    again = measure(read_predictions(tmp_path / "predictions.csv"), report["classes"])
    assert again["accuracy"] == pytest.approx(report["accuracy"], abs=1e-3)
