"""Corpora of micro-expressions and their coding tables, on small trees in the official layouts."""

import openpyxl
import pytest
from layouts import touch

from emo_utils.datasets.coding_tables import read_codes
from emo_utils.datasets.megc import CLASSES, three_class
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_folds
from emo_utils.errors import CorpusError

CASME2_HEADER = ["Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None, "Action Units",
                 "Estimated Emotion"]  # fmt: skip
CASME2_ROWS = [
    ["01", "EP02_01f", None, 46, 59, 86, None, "12", "happiness"],
    ["01", "EP03_02", None, 131, 161, 181, None, "4+L10", "others"],
    ["02", "EP01_11f", None, 46, "/", 91, None, "4", "repression"],
    ["17", "EP05_03f", None, 6, 41, 66, None, "1+2", "surprise"],
    ["26", "EP18_49", None, 24, 42, 83, None, "4", "disgust"],
]
SAMM_HEADER = ["Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame", "Duration",
               "Micro", "Action Units", "Estimated Emotion"]  # fmt: skip
SAMM_ROWS = [
    ["006", "006_1_2", 1, 5562, 5588, 5632, 71, "Yes", "AU14", "Contempt"],
    ["006", "006_1_3", 1, 6188, 6272, 6312, 125, "Yes", "AU12", "Happiness"],
    ["037", "037_7_6", 7, 19486, 19526, 19549, 64, "Yes", "AU4", "Other"],
]


def spreadsheet(path, lines):
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)
    return path


@pytest.fixture
def casme2(tmp_path):
    spreadsheet(tmp_path / "CASME2-coding-20140508.xlsx", [CASME2_HEADER, *CASME2_ROWS])
    for subject, clip, *_ in CASME2_ROWS:
        touch(tmp_path / "CASME2_compressed" / f"sub{subject}" / f"{clip}.avi")
    return tmp_path


@pytest.fixture
def samm(tmp_path):
    lines = [["SAMM Micro-Movement Dataset"], [None, "Release 2"], [], SAMM_HEADER, *SAMM_ROWS]
    spreadsheet(tmp_path / "SAMM_Micro_FACS_Codes_v2.xlsx", lines)
    for subject, clip, _, onset, *_ in SAMM_ROWS:
        for frame in (onset + 10, onset, onset + 2):
            touch(tmp_path / "SAMM" / subject / clip / f"{subject}_{frame:05}.jpg")
    return tmp_path


def test_casme2_names_people_and_emotions_and_leaves_out_what_is_none(casme2):
    corpus = corpora.create("casme2", root=casme2)
    clips = {clip.clip_id: clip for clip in corpus.index()}
    assert {name: (clip.subject_id, clip.emotion) for name, clip in clips.items()} == {
        "sub01_EP02_01f": ("sub01", "happiness"),
        "sub17_EP05_03f": ("sub17", "surprise"),
        "sub26_EP18_49": ("sub26", "disgust"),
    }
    assert clips["sub01_EP02_01f"].path.name == "EP02_01f.avi"
    coded = {code.clip: code for code in corpus.coded()}
    assert len(coded) == 5
    assert coded["EP02_01f"].from_zero() == (0, 13, 40)
    assert coded["EP01_11f"].apex is None


def test_each_fold_leaves_one_person_out(casme2):
    corpus = corpora.create("casme2", root=casme2)
    folds = list(make_folds(corpus.index(), "subject", folds=len(corpus.people())))
    assert [len({clip.subject_id for clip in fold.test}) for fold in folds] == [1, 1, 1]
    assert {fold.test[0].subject_id for fold in folds} == set(corpus.people())


def test_samm_reads_folders_of_pictures_in_the_order_of_their_frames(samm):
    clips = {clip.clip_id: clip for clip in corpora.create("samm", root=samm).index()}
    assert set(clips) == {"006_006_1_2", "006_006_1_3"}
    assert clips["006_006_1_2"].emotion == "contempt"
    assert [path.stem for path in clips["006_006_1_2"].frames] == ["006_05562", "006_05564", "006_05572"]
    assert corpora.create("samm", root=samm).coded()[0].row == 5, "its line in the spreadsheet"


def test_a_row_without_its_clip_is_named(casme2):
    (casme2 / "CASME2_compressed" / "sub17" / "EP05_03f.avi").unlink()
    with pytest.raises(CorpusError, match="row 5 .*sub17/EP05_03f"):
        corpora.create("casme2", root=casme2).index()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_coding_table_is_read_as_text_too(tmp_path, separator):
    path = tmp_path / "codes.csv"
    lines = [["subject", "video", "onset", "apex", "offset", "type"], ["s15", "0101", "557", "572", "608", "macro"]]
    path.write_text("\n".join(separator.join(line) for line in lines) + "\n")
    (code,) = read_codes(path)
    assert (code.subject, code.clip, code.onset, code.apex, code.offset) == ("s15", "0101", 557, 572, 608)
    assert code.scale == "macro"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "expected a line with the columns clip, onset, offset"),
        ("clip,onset,offset\n", "expected a row per expression"),
        ("clip,onset,offset\nx,7,nine\n", "row 2: offset: expected a frame, found 'nine'"),
        ("clip,onset,apex,offset\nx,7,20,9\n", "row 2: expected onset <= apex <= offset, found 7, 20, 9"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_row(tmp_path, text, said):
    path = tmp_path / "codes.csv"
    path.write_text(text)
    with pytest.raises(CorpusError, match=said):
        read_codes(path)


def test_three_classes_hold_every_label_of_the_sets(casme2):
    found = [three_class(code.label) for code in corpora.create("casme2", root=casme2).coded()]
    assert found == ["positive", None, "negative", "surprise", "negative"]
    assert {three_class(name) for name in ("Anger", "Contempt", "Fear", "Sadness")} == {"negative"}
    assert set(CLASSES) == {"negative", "positive", "surprise"}
    with pytest.raises(CorpusError, match="known: anger"):
        three_class("tense")
