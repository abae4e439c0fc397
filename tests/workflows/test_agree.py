"""`emo agree`: codes of each kind against results whose expressions are known."""

import json

import pytest
from studies import known_segment, known_timeline, write_finished

from emo_utils.errors import CodesError
from emo_utils.evaluation.human_codes import read_human_codes
from emo_utils.workflows.agree import agree

SMILE = ["neutral"] * 10 + ["happiness"] * 10


@pytest.fixture
def run(tmp_path):
    out = tmp_path / "out"
    for name in ("01-a", "01-b", "02-a"):
        write_finished(out, f"{name}.mp4", known_timeline({1: SMILE}), [known_segment(1, 10, 12, 19, "happiness")])
    write_finished(out, "02-b.mp4", known_timeline({1: ["anger"] * 20, 2: ["neutral"] * 20}))
    return out


def codes_in(tmp_path, text: str, name: str = "codes.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


PERFECT = "clip,start_s,end_s,emotion\n" + "".join(f"{n},0,1,neutral\n{n},1,2,happy\n" for n in ("01-a", "02-a.mp4"))


def test_codes_that_say_the_same_agree_fully(run, tmp_path):
    report = agree(run, codes_in(tmp_path, PERFECT), subject=r"(\d\d)-")
    (one,) = report["coders"].values()
    assert (one["kappa"], one["people"], one["clips"], one["seconds"]) == (1.0, 2, 2, 4.0)
    assert one["emotions"]["happiness"]["onsets"]["f1"] == 1.0
    assert one["emotions"]["anger"]["kappa"] is None, "nobody named it"
    assert report["uncoded"] == "skip"
    assert report["notes"] == []


def test_uncoded_frames_are_neutral_where_neutral_is_never_coded(run, tmp_path):
    path = codes_in(tmp_path, "clip,start_s,end_s,emotion\n01-a,1.2,2,happiness\n")
    report = agree(run, path)
    (one,) = report["coders"].values()
    assert report["uncoded"] == "neutral"
    assert one["confusion"][2] == [0.0, pytest.approx(0.2), pytest.approx(1.0)]
    assert one["emotions"]["happiness"]["onsets"]["hits"] == 1
    assert agree(run, path, tolerance_s=0.1)["coders"]["coder"]["emotions"]["happiness"]["onsets"]["hits"] == 0
    assert agree(run, path, uncoded="skip")["coders"]["coder"]["seconds"] == pytest.approx(0.8)
    assert "each clip counts as a person" in report["notes"][0]


def test_codes_of_whole_clips_and_of_one_person_of_several(run, tmp_path):
    path = codes_in(tmp_path, "clip,emotion,person_id\n02-b,anger,1\n02-b,anger,2\n")
    (one,) = agree(run, path)["coders"].values()
    assert one["confusion"][0] == [2.0, 0.0, 2.0]
    assert one["onsets"]["first"] == one["onsets"]["second"] == 0, "a code of a whole clip has no onset"


def test_several_coders_are_compared_with_each_other_too(run, tmp_path):
    lines = ["clip,start_s,end_s,emotion,coder"]
    for clip in ("01-a", "02-a"):
        lines += [f"{clip},1,2,happiness,Ann", f"{clip},0,1,neutral,Ann"]
        lines += [f"{clip},1.5,2,happiness,Bo", f"{clip},0,1.5,neutral,Bo"]
    report = agree(run, codes_in(tmp_path, "\n".join(lines)), subject=r"(\d\d)-")
    assert (report["coders"]["Ann"]["kappa"], report["coders"]["Bo"]["kappa"]) == (1.0, 0.5)
    assert report["between"]["Ann and Bo"]["kappa"] == 0.5


def test_our_own_boris_table_and_that_of_start_and_stop_are_read(tmp_path):
    aggregated = codes_in(tmp_path, "Observation id,Media file name,Subject,Behavior,Start (s),Stop (s)\n"
                          "o1,/videos/01-a.mp4,person 1,happiness,1.0,2.0\n", "a.csv")  # fmt: skip
    tabular = codes_in(
        tmp_path,
        "Observation id\to1\n\nTime\tMedia file path\tObservation id\tSubject\tBehavior\tStatus\n"
        "1.0\tx\t01-a\t\thappy\tSTART\n2.0\tx\t01-a\t\thappy\tSTOP\n3.0\tx\t01-a\t\tsad\tPOINT\n",
        "b.csv",
    )
    for path, person in ((aggregated, 1), (tabular, None)):
        (code,) = read_human_codes(path)
        assert (code.clip.removesuffix(".mp4"), code.start_s, code.end_s, code.emotion, code.person_id) == (
            "01-a", 1.0, 2.0, "happiness", person,
        )  # fmt: skip


def test_tiers_of_elan_are_read_but_not_those_we_wrote(run, tmp_path):
    pympi = pytest.importorskip("pympi", reason="needs the extra 'annotation'")
    eaf = pympi.Eaf()
    eaf.add_linked_file("01-a.mp4", "./01-a.mp4", "video/mp4")
    for tier, text in (("codes Ann", "happy"), ("codes Bo", "sad"), ("words", "hello"), ("expression P1", "anger")):
        eaf.add_tier(tier)
        eaf.add_annotation(tier, 1000, 2000, text)
    folder = tmp_path / "codes"
    folder.mkdir()
    eaf.to_file(str(folder / "01.eaf"))
    assert {(code.emotion, code.coder) for code in read_human_codes(folder)} == {("happiness", ""), ("sadness", "")}
    report = agree(run, folder, tiers="codes (.+)")
    assert list(report["coders"]) == ["Ann", "Bo"]
    assert report["coders"]["Ann"]["kappa"] == 1.0
    with pytest.raises(CodesError, match=r"tier 'words' at 1.000 s: 'hello' is no emotion"):
        read_human_codes(folder, "words")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "expected a line with the columns clip and emotion"),
        ("clip,emotion\n", "expected codes in CSV or ELAN files, found none"),
        ("clip,emotion\n01-a,bored\n", "row 2: 'bored' is no emotion; known: anger"),
        ("clip,emotion\n03-a,anger\n", "row 2: clip '03-a' fits 0 of the 4 clips, such as '01-a.mp4'"),
        ("clip,emotion,person_id\n02-b,anger,7\n", "row 2: person 7 is not in 02-b.mp4; known: 1, 2"),
        ("clip,start_s,end_s,emotion\n01-a,2,1,anger\n", "row 2: expected 0 <= start < end, found 2 to 1 s"),
        ("clip,start_s,end_s,emotion\n01-a,0,1,sad\n01-a,0.5,2,anger\n", "row 3: overlaps the code 'sadness' of"),
        ("clip,time,behavior,status\n01-a,0,sad,STOP\n", "row 2: expected START, then STOP"),
        ("clip,time,behavior,status\n01-a,0,sad,START\n", "row 2: a START without its STOP"),
    ],
)
def test_codes_that_make_no_sense_are_refused(run, tmp_path, text, said):
    with pytest.raises(CodesError, match=said):
        agree(run, codes_in(tmp_path, text))


def test_the_command_prints_and_saves_a_row_per_emotion(run, tmp_path, emo):
    path = codes_in(tmp_path, PERFECT)
    code, said, _ = emo("agree", run, path, "--subject", r"(\d\d)-", "--save", tmp_path / "agreement.csv")
    assert code == 0
    assert "coder and smoothed_emotion: 2 people, 2 clips, 4.0 s coded" in said
    assert "happiness  kappa 1.00 (1.00 to 1.00)" in said
    saved = (tmp_path / "agreement.csv").read_text().splitlines()
    assert saved[0].startswith("raters,emotion,kappa,kappa_low,kappa_high,icc")
    assert len(saved) == 1 + 3 + 1
    assert json.loads(emo("agree", run, path, "--json")[1])["column"] == "smoothed_emotion"
    assert emo("agree", run, path, "--uncoded", "zero")[0] == 2
