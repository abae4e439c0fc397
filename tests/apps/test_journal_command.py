"""`emo journal` from the first entry to the last."""

import json

import pytest


@pytest.fixture
def run(emo, tmp_path):
    """Run a command of the journal in a folder of its own."""

    def call(command, *arguments):
        return emo("journal", command, *arguments, "--journal", tmp_path / "diary")

    return call


def test_a_clip_becomes_an_entry_that_is_listed_shown_edited_exported_and_deleted(run, emo, clips, tmp_path):
    clip = clips / "single_face.mp4"
    code, out, err = run("add", clip, "--date", "2026-11-03", "--note", "by the sea", "--json")
    assert code == 0, err
    added = json.loads(out)
    assert (added["emotion"], added["date"], added["clip"]) == ("happiness", "2026-11-03", "single_face.mp4")
    assert added["probabilities"]["happiness"] > 0.5
    short = added["id"][:8]
    assert run("list")[1] == f"{short}  2026-11-03  happiness  single_face.mp4  by the sea\n"
    shown = run("show", short)[1]
    assert "emotions (as predicted): happiness" in shown
    assert "apex at" in shown
    assert run("edit", short, "--note", "by the lake", "--date", "2026-11-04")[0] == 0
    assert "3 Tue" not in run("calendar")[1]
    assert " 4 happiness" in run("calendar", "--month", "2026-11")[1]
    assert "too few days" in run("trend")[1]
    assert "1 entries on 1 days" in run("week", "2026-11-04")[1]
    (tmp_path / "words").write_text("correct horse\n")
    archive = tmp_path / "diary.zip"
    assert run("export", archive, "--passphrase-file", tmp_path / "words")[0] == 0
    assert run("delete", short, "--yes")[1] == f"deleted {short}\n"
    assert run("list")[1] == ""
    assert run("import", archive, "--passphrase-file", tmp_path / "words")[1] == "1 entries added, 0 were known\n"
    assert json.loads(run("list", "--json")[1])[0]["note"] == "by the lake"


def test_a_clip_without_a_face_and_a_person_who_is_not_in_it_are_refused(run, clips):
    code, _, err = run("add", clips / "no_face.mp4")
    assert code == 2
    assert "expected the writer's face, found no face" in err
    code, _, err = run("add", clips / "two_people.gif", "--person", 7)
    assert code == 2
    assert "expected a person of 1, 2, found 7" in err
    assert run("list")[1] == ""


@pytest.mark.parametrize("arguments", [("--date", "tomorrow"), ("--note", "x" * 30_000)])
def test_a_wrong_request_is_refused_before_the_clip_is_read(run, tmp_path, arguments):
    code, _, err = run("add", tmp_path / "absent.mp4", *arguments)
    assert code == 2
    assert "expected" in err
    assert "absent" not in err


def test_the_months_of_an_empty_journal_say_what_to_do(run):
    code, _, err = run("calendar")
    assert code == 2
    assert "emo journal add" in err
