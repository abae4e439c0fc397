"""What is written is whole or absent, also when writing fails half-way."""

import pytest

from emo_utils.errors import OutputError
from emo_utils.output import is_part, whole_file, whole_folder, write_text_whole


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "a.csv"
    with whole_file(path) as part:
        part.write_text("half")
        assert not path.exists()
        assert is_part(part)
        assert part.suffix == ".csv", "some writers tell the format by the ending"
        part.write_text("whole")
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text_whole(path, "old\r\nline ends stay")
    with pytest.raises(UnicodeEncodeError):
        write_text_whole(path, "half of the new \udce9")
    assert path.read_bytes() == b"old\r\nline ends stay"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path):
    folder = tmp_path / "out"
    for content in ("old", "new"):
        with whole_folder(folder) as part:
            (part / "a.txt").write_text(content)
            assert is_part(part)
    with pytest.raises(ZeroDivisionError), whole_folder(folder) as part:
        raise ZeroDivisionError
    assert (folder / "a.txt").read_text() == "new"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_folder_that_another_process_made_meanwhile_is_kept(tmp_path):
    folder = tmp_path / "corpus"
    with whole_folder(folder, made_elsewhere=folder.exists) as part:
        (part / "late.txt").touch()
        folder.mkdir()
        (folder / "first.txt").touch()
    assert [path.name for path in folder.iterdir()] == ["first.txt"]
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
def test_a_place_that_cannot_be_made_is_named(tmp_path, whole):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file/out: cannot be written"), whole(tmp_path / "file" / "out"):
        pass
