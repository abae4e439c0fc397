"""The contract of predictions.csv, and files made elsewhere."""

import numpy as np
import pytest
from prediction_tables import CLASSES, REAL_PEOPLE, drawn_table, real_file
from spreadsheets import SAVED_AS, saved_as

from emo_utils.datasets.csv_tables import TableError
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import classes_of, prediction_table, read_predictions, write_predictions


def written(tmp_path, text):
    path = tmp_path / "foreign.csv"
    path.write_text(text)
    return path


def test_what_is_written_is_read_again(tmp_path):
    drawn = drawn_table()
    write_predictions(drawn, tmp_path / "predictions.csv")
    again = read_predictions(tmp_path / "predictions.csv")
    assert again.columns.tolist() == drawn.columns.tolist()
    assert again[["clip_id", "subject_id", "label"]].equals(drawn[["clip_id", "subject_id", "label"]])
    assert again.iloc[:, 3:].to_numpy() == pytest.approx(drawn.iloc[:, 3:].to_numpy(), rel=1e-5)
    one, other = measure(drawn), measure(again)
    assert one["confusion"] == other["confusion"]
    assert one["nll_after"] == pytest.approx(other["nll_after"], abs=1e-5)


def test_the_contract_by_column():
    made = prediction_table(["a", "b"], ["p", "q"], [1, 0], ("x", "y"), np.eye(2), ("y", "x"), fold=3)
    assert made.columns.tolist() == ["clip_id", "subject_id", "label", "fold", "p_y", "p_x"]
    assert made["label"].tolist() == ["y", "x"]
    assert classes_of(made) == ("y", "x")


def test_a_foreign_file_of_logits(tmp_path):
    path = written(
        tmp_path,
        "\ufeffFile, Y,logit_angry,logit_happy,logit_sad\nv01_12,angry,2,0,0\nv02_12,SAD,0,0,3\nv03_07,happy,0,1,0\n",
    )
    read = read_predictions(path, r"_(\d\d)$")
    assert classes_of(read) == ("anger", "happiness", "sadness")
    assert read["subject_id"].tolist() == ["12", "12", "07"], "kept as text, with its zero"
    assert read["label"].tolist() == ["anger", "sadness", "happiness"]
    assert read["p_anger"][0] == pytest.approx(np.e**2 / (np.e**2 + 2))


@pytest.mark.parametrize("name", SAVED_AS)
def test_a_file_saved_by_a_spreadsheet_is_read(tmp_path, name):
    path = tmp_path / "foreign.csv"
    header = ["clip", "true", "speaker", "p_fear", "p_neutral"]
    path.write_bytes(
        saved_as(name, [header, ["Zoë", "fear", "a", "0.75", "0.25"], ["b", "neutral", "b", "0.5", "0.5"]])
    )
    read = read_predictions(path)
    assert read["clip_id"].tolist() == ["Zoë", "b"]
    assert read["p_fear"].tolist() == pytest.approx([0.75, 0.5])


@pytest.mark.parametrize("prefix", ["p_", "prob_", "probability_", ""])
def test_probabilities_under_any_usual_name(tmp_path, prefix):
    path = written(tmp_path, f"clip,true,speaker,{prefix}fear,{prefix}neutral\n1,fear,a,0.7,0.3\n2,neutral,b,0.4,0.6\n")
    read = read_predictions(path)
    assert read["p_fear"].tolist() == pytest.approx([0.7, 0.4])
    assert read["subject_id"].tolist() == ["a", "b"]


def test_bare_columns_that_do_not_sum_to_one_are_logits(tmp_path):
    path = written(tmp_path, "clip,true,actor,fear,neutral\n1,fear,a,3,-1\n2,neutral,b,-0.5,1.5\n")
    assert read_predictions(path)["p_fear"][0] == pytest.approx(1 / (1 + np.exp(-4)))


def test_classes_of_another_kind_keep_their_names(tmp_path):
    path = written(tmp_path, "clip,label,actor,high,low\n1,high,a,0.7,0.3\n2,low,b,0.4,0.6\n")
    assert classes_of(read_predictions(path)) == ("high", "low")


def test_without_a_group_the_whole_match_is_the_person(tmp_path):
    path = written(tmp_path, "clip,label,fear,neutral\nA7_1,fear,0.7,0.3\nB9_1,neutral,0.4,0.6\n")
    assert read_predictions(path, r"^\w\d").subject_id.tolist() == ["A7", "B9"]


HEAD = "clip,label,actor,p_fear,p_neutral\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "1,fear,a,0.7,\n", r"finite numbers .*found '' for '1' in 'p_neutral'"),
        (HEAD + "1,fear,a,0.7,nan\n", "found 'nan' for '1'"),
        (HEAD + "1,fear,a,high,0.1\n", "found 'high' for '1' in 'p_fear'"),
        (HEAD + "1,fear,a,0.7,0.3\n1,fear,a,0.7,0.3\n", "each clip once, found '1' again"),
        (HEAD + ",fear,a,0.7,0.3\n", "found an empty cell"),
        (HEAD + "1,joyful,a,0.7,0.3\n", r"classes fear, neutral; found 'joyful' for '1' \(1 such rows\)"),
        (HEAD + "1,fear,a,0.7,0.4\n", r"sum of 1.1 for '1'.*name the columns logit_<class>"),
        (HEAD + "1,fear,,0.7,0.3\n", r"empty cells in actor.*--people"),
        (HEAD, "no row under the header"),
        ("", "expected a CSV"),
        ("clip,label,actor,p_fear\n1,fear,a,1\n", "two classes or more.*found p_fear among clip, label"),
        ("clip,label,actor,score\n1,fear,a,1\n", "found none among clip, label, actor, score"),
        ("clip,label,actor,p_fear,p_afraid\n1,fear,a,1,0\n", "p_fear, p_afraid, all 'fear'"),
        ("clip,label,p_fear,p_neutral\n1,fear,1,0\n", r"tells the person.*found none.*--people '\(\\d\\d\)\$' for '1'"),
        ("clip,actor,p_fear,p_neutral\n1,a,1,0\n", "a column with the true class, named label, y"),
        ("label,actor,p_fear,p_neutral\nfear,a,1,0\n", "a column with the clip's id, named clip_id, clip"),
        ("clip,clip,p_fear,p_neutral\n1,fear,1,0\n", "the column 'clip' twice"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, message):
    with pytest.raises(TableError, match=message):
        read_predictions(written(tmp_path, text))


def test_a_pattern_must_find_everybody(tmp_path):
    path = written(tmp_path, "clip,label,fear,neutral\nA7,fear,0.7,0.3\nxx,neutral,0.4,0.6\n")
    with pytest.raises(TableError, match=r"finds no person in 'xx' \(1 of 2 clips\)"):
        read_predictions(path, r"\d")
    with pytest.raises(TableError, match="finds no person in 'xx'"):
        read_predictions(path, r"x|(\d)")
    with pytest.raises(TableError, match="not a regular expression"):
        read_predictions(path, "(")
    with pytest.raises(TableError, match="expected a CSV file, found none"):
        read_predictions(tmp_path / "absent.csv")


def test_the_real_file_reads_with_canonical_nouns(shared):
    read = read_predictions(real_file(shared, "published_bilstm_logits.csv"), REAL_PEOPLE)
    assert set(classes_of(read)) == {
        *("anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
    }
    assert set(read["label"]) == set(classes_of(read))
    assert read.groupby("subject_id")["fold"].nunique().eq(1).all()
    assert set(CLASSES) < set(classes_of(read))
