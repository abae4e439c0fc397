import numpy as np
import pytest

from emo_utils.errors import CorpusError, UnknownNameError
from emo_utils.evaluation.evaluate import evaluate_weights
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import arrays, read_predictions
from emo_utils.inference.weights import find_weights


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


def test_the_report_says_how_near_the_votes_are_and_what_confidence_is_worth(ferplus_archive):
    report = evaluate_weights("ferplus-tiny", "ferplus", "validation", faces="asis")
    assert report["prior"] == "ferplus", "of the corpus that the weights were trained on"
    votes = report["votes"]
    assert votes["n"] == report["n"]
    assert 0.1 < votes["kl_without_single_votes"] < 0.5
    assert 0.85 < votes["label_has_three_votes"] < 1
    below = find_weights("ferplus-tiny").uncertain_below
    rows = {row["threshold"]: row for row in report["coverage"]}
    assert rows[0.0] == {"threshold": 0.0, "coverage": 1.0, "accuracy": pytest.approx(report["accuracy"])}
    assert rows[0.9]["accuracy"] > rows[below]["accuracy"] > report["accuracy"]
    assert report["uncertain"]["below"] == below
    assert report["uncertain"]["share"] == pytest.approx(1 - rows[below]["coverage"])


def test_labels_by_majority_leave_out_the_pictures_that_people_disagree_on(ferplus_archive):
    reports = {
        rule: evaluate_weights("ferplus-tiny", "ferplus", "validation", faces="asis", rule=rule)
        for rule in ("plurality", "majority")
    }
    assert {rule: report["rule"] for rule, report in reports.items()} == {rule: rule for rule in reports}
    assert (reports["plurality"]["n"], reports["majority"]["n"]) == (3553, 3199)
    assert reports["majority"]["accuracy"] > reports["plurality"]["accuracy"] + 0.02
    with pytest.raises(UnknownNameError, match="known: majority, plurality"):
        evaluate_weights("ferplus-tiny", "ferplus", "validation", rule="unanimity")


def test_another_prior_names_rare_classes_more_often(ferplus_archive):
    trained = find_weights("ferplus-tiny").sidecar["metrics"]["validation"]
    even = evaluate_weights("ferplus-tiny", "ferplus", "validation", prior="uniform", faces="asis")
    assert even["prior"] == "uniform"
    assert even["recall"]["fear"] > trained["recall"]["fear"]
    assert even["recall"]["neutral"] < trained["recall"]["neutral"]
    with pytest.raises(UnknownNameError, match="uniform"):
        evaluate_weights("ferplus", "ferplus", "validation", prior="unifrom")


def test_a_corpus_of_clips_says_where_to_turn():
    for corpus in ("ravdess", "sample"):
        with pytest.raises(CorpusError, match=f"emo evaluate RUN {corpus}.*folder --root DIR"):
            evaluate_weights("ferplus", corpus, "test")


def test_a_face_can_be_read_in_two_framings(ferplus_archive, tmp_path):
    reports, tables = {}, {}
    for faces in ("asis", "detect", "both"):
        path = tmp_path / f"{faces}.csv"
        reports[faces] = evaluate_weights("ferplus-tiny", "ferplus", "validation", path, faces=faces)
        tables[faces] = arrays(read_predictions(path), find_weights("ferplus-tiny").classes)[1]
    assert {report["n"] for report in reports.values()} == {3553}, "a face that is not found is read as it is"
    assert [report["detector"] for report in reports.values()] == [None, "mediapipe", "mediapipe"]
    mean = np.sqrt(tables["asis"] * tables["detect"])
    np.testing.assert_allclose(tables["both"], mean / mean.sum(axis=1, keepdims=True), atol=1e-4)
    assert reports["both"]["nll"] < min(reports["asis"]["nll"], reports["detect"]["nll"])
