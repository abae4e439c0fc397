"""Finished runs found on disk, and the charts and tables that compare them."""

import json

import numpy as np
import pandas as pd
import pytest

from emo_utils.evaluation.predictions import read_predictions, write_predictions
from emo_utils.reports.runs.comparison import (
    confused,
    find_gaps,
    first_pair,
    gap_chart,
    gap_table,
    pair_chart,
    people_chart,
    reliability_chart,
)
from emo_utils.reports.runs.finished import by_title, choose, distinct, find_finished, overview

CLASSES = ("anger", "fear", "happiness")


def predictions(named, people=("a", "b"), sure=0.8, first=0):
    """Clips `c0000` on, of which the true class is anger, fear, happiness in turn; people take turns after that."""
    rows = []
    for position, name in enumerate(named):
        row = {"clip_id": f"c{first + position:04}", "subject_id": people[position // len(CLASSES) % len(people)]}
        row["label"] = CLASSES[position % len(CLASSES)]
        rows.append(row | {f"p_{one}": sure if one == name else (1 - sure) / 2 for one in CLASSES})
    return pd.DataFrame(rows)


RIGHT = CLASSES * 4
ONE_WRONG = ("anger", "anger", "happiness", *CLASSES * 3)


@pytest.fixture
def runs(tmp_path):
    """A function that writes a finished run: its folder's name, its predictions by fold, and its settings."""

    def write(name, tables, corpus="sample", validation=None, **settings):
        about = {"corpus": corpus, "backbone": "cnn", "representation": {"name": "stack", "interval": 5}, "seed": 0}
        about |= {"protocol": "subject", "control": "none", "folds": None, **settings}
        for number, table in enumerate(tables):
            folder = tmp_path / corpus / name / f"fold_{number}"
            folder.mkdir(parents=True)
            write_predictions(table, folder / "predictions_test.csv")
            metrics = {"experiment": about | {"fold": number}, "commit": "abc"}
            if validation is not None:
                metrics["validation"] = {"uar": validation}
            (folder / "metrics.json").write_text(json.dumps(metrics))
        return tmp_path / corpus

    return write


@pytest.fixture
def published(tmp_path):
    """A function that writes predictions made elsewhere as the run of a real corpus, and gives that run."""

    def write(table):
        folder = tmp_path / "ravdess" / "published-x"
        folder.mkdir(parents=True)
        write_predictions(table, folder / "predictions_test.csv")
        (folder / "metrics.json").write_text(json.dumps({"experiment": {"published": "x.csv"}, "commit": "abc"}))
        (run,) = find_finished(tmp_path / "ravdess")
        return run

    return write


def test_best_on_validation_first_then_random_splits_then_controls(runs):
    runs("low", [predictions(RIGHT)], validation=0.2)
    runs("high", [predictions(ONE_WRONG)], validation=0.9)
    runs("random", [predictions(RIGHT)], validation=1.0, protocol="random")
    folder = runs("control", [predictions(RIGHT)], validation=1.0, control="labels")
    assert [run.folder.name for run in find_finished(folder)] == ["high", "low", "random", "control"]
    assert [run.folder.name for run in find_finished(folder, "*o*")] == ["low", "random", "control"]


def test_folds_are_read_together_and_those_that_are_not_finished_are_left_out(runs):
    folder = runs("run", [predictions(RIGHT), predictions(RIGHT, ("c", "d"), first=12)])
    (folder / "run" / "fold_2").mkdir()
    (folder / "begun" / "fold_0").mkdir(parents=True)
    (run,) = find_finished(folder)
    assert run.folds == (0, 1)
    assert run.report["people"] == 4
    assert run.fold_folder().name in ("fold_0", "fold_1")


def test_no_folder_is_no_run(tmp_path):
    assert find_finished(tmp_path / "absent") == []


def test_predictions_made_elsewhere_are_a_run_without_folds(published):
    run = published(predictions(RIGHT))
    assert (run.corpus, run.label, run.folds, run.fold_folder()) == ("ravdess", "x", (), None)
    assert not run.synthetic


def test_runs_of_the_same_label_keep_titles_apart(runs):
    runs("cnn-stack-11aa", [predictions(RIGHT)], epochs=1)
    folder = runs("cnn-stack-22bb", [predictions(RIGHT)], epochs=2)
    titles = list(by_title(find_finished(folder)))
    assert titles == ["cnn, stack every 5, by person, 11aa", "cnn, stack every 5, by person, 22bb"]


def test_the_overview_marks_synthetic_figures(runs):
    found = find_finished(runs("run", [predictions(ONE_WRONG)]))
    (row,) = overview(found).to_dict("records")
    assert row["data"] == "SYNTHETIC"
    assert row["accuracy"].startswith("91.7 % [")
    assert (row["clips"], row["people"]) == (12, 2)


def test_choose_takes_one_value_or_several(runs):
    runs("a", [predictions(RIGHT)], validation=0.9, backbone="vit")
    found = find_finished(runs("b", [predictions(RIGHT)], validation=0.1))
    assert choose(found, network={"cnn", "mlp"}).folder.name == "b"
    assert choose(found, protocol="subject").folder.name == "a"
    assert choose(found, network="mlp") is None


def test_the_commonest_mistake_is_opened_to_its_clips(runs):
    named = ("anger", "anger", "fear", "anger", "anger", "happiness")
    (run,) = find_finished(runs("run", [predictions(named)]))
    assert confused(run) == ("fear", "anger", ["c0001", "c0004"])
    assert confused(run, true="happiness") == ("happiness", "fear", ["c0002"])
    assert confused(run, "anger", "fear") == ("anger", "fear", [])


def test_people_are_sorted_by_their_accuracy(runs):
    (run,) = find_finished(runs("run", [predictions(ONE_WRONG)]))
    (axis,) = people_chart(run).axes
    assert [bar.get_height() for bar in axis.patches if bar.get_width() == 0.7] == pytest.approx([5 / 6, 1])
    assert [label.get_text() for label in axis.get_xticklabels()] == ["a", "b"]
    assert axis.get_title(loc="left").startswith("SYNTHETIC")


def test_a_pair_is_two_runs_of_the_same_clips(runs):
    runs("a", [predictions(RIGHT)], validation=0.9)
    runs("b", [predictions(RIGHT, first=99)], validation=0.8)
    found = find_finished(runs("c", [predictions(ONE_WRONG)], validation=0.7))
    assert [run.folder.name for run in first_pair(found)] == ["a", "c"]
    assert first_pair(found[:2]) is None


def test_the_pair_chart_tells_the_difference_with_its_interval(runs):
    runs("a", [predictions(RIGHT)], validation=0.9)
    found = find_finished(runs("b", [predictions(ONE_WRONG)], validation=0.7))
    people, differences = pair_chart(*first_pair(found)).axes
    assert people.get_title(loc="left").startswith("2 people")
    assert "+8.3 [" in differences.texts[1].get_text()


def test_reliability_before_and_after(runs):
    tables = [predictions(ONE_WRONG, (f"p{n}", f"q{n}"), 0.99, 12 * n) for n in range(3)]
    (run,) = find_finished(runs("run", tables))
    titles = [axis.get_title(loc="left") for axis in reliability_chart(run).axes]
    assert f"as predicted: ECE {run.report['ece']:.3f}" in titles
    assert f"after temperature scaling: ECE {run.report['ece_after']:.3f}" in titles


def test_one_person_has_no_diagram_after(runs):
    (run,) = find_finished(runs("run", [predictions(RIGHT, ("a",))]))
    assert len(reliability_chart(run).axes) == 2


def test_a_gap_is_two_runs_that_differ_in_their_protocol_alone(runs):
    runs("person", [predictions(ONE_WRONG)])
    runs("random", [predictions(RIGHT)], protocol="random", folds=5)
    found = find_finished(runs("other", [predictions(RIGHT)], protocol="random", epochs=3))
    (gap,) = find_gaps(found)
    difference, low, high = gap.difference()
    assert difference == pytest.approx(1 / 12)
    assert low <= difference <= high
    table = gap_table([gap])
    assert table.loc[("cnn", "accuracy"), "random flatters by"].startswith("+8.3 points [")
    assert set(table["data"]) == {"SYNTHETIC"}
    assert len(gap_chart([gap]).axes) == 1


def test_a_model_whose_run_lies_in_two_folders_counts_once(runs):
    for name, epochs in (("one", 2), ("again", 3)):  # another experiment in name alone: the predictions are the same
        runs(f"{name}-person", [predictions(ONE_WRONG)], epochs=epochs)
        found = find_finished(runs(f"{name}-random", [predictions(RIGHT)], protocol="random", epochs=epochs))
    assert len(found) == 4
    assert len(find_gaps(found)) == 1


def test_runs_of_other_clips_have_a_gap_without_an_interval(runs):
    runs("person", [predictions(ONE_WRONG)])
    found = find_finished(runs("random", [predictions(RIGHT, first=50)], protocol="random"))
    assert find_gaps(found)[0].difference() == (pytest.approx(1 / 12), None, None)


def test_the_published_logits_promise_more_than_they_keep(shared, published):
    path = shared / "data" / "ravdess_au" / "published_bilstm_logits.csv"
    if not path.exists():
        pytest.skip(f"no RAVDESS measurements at {path}")
    run = published(read_predictions(path, r"(\d\d)$"))
    titles = [axis.get_title(loc="left") for axis in reliability_chart(run).axes]
    assert titles[:2] == ["as predicted: ECE 0.188", "after temperature scaling: ECE 0.038"]
    assert np.mean([one["n"] for one in run.report["per_person"].values()]) == 60


def test_where_people_are_not_known_the_charts_say_so(runs):
    for name, named in (("a", RIGHT), ("b", ONE_WRONG)):
        table = predictions(named)
        runs(name, [table.assign(subject_id=[f"unknown_{row}" for row in range(len(table))])])
    first, second = find_finished(runs("c", [predictions(RIGHT)]), "[ab]")
    assert people_chart(first).axes[0].get_xlabel() == "who is in the clips is not known"
    assert pair_chart(first, second).axes[0].get_title("left") == "who is in the clips is not known"


def test_a_run_in_two_folders_is_counted_once(runs):
    for name in ("first", "renamed", "other"):
        folder = runs(name, [predictions(ONE_WRONG if name == "other" else RIGHT)])
    found = find_finished(folder)
    assert len(found) == 3
    assert len(distinct(found)) == 2
    assert distinct(found)[0] is found[0]
