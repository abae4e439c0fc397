"""Hashes name files, splits and runs, so they must stay what they are."""

import pytest

from emo_utils.errors import WeightsError
from emo_utils.hashing import check_sha256, sha256_of_file, sha256_of_json, sha256_of_text

OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1


def test_files_and_texts_have_the_published_hash(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of_file(tmp_path / "a") == sha256_of_text("abc") == OF_ABC
    check_sha256(tmp_path / "a", OF_ABC, "never said")


def test_the_order_of_a_dict_does_not_matter():
    found = sha256_of_json({"b": [2], "a": 1})
    assert found == sha256_of_json({"a": 1, "b": [2]}) == sha256_of_text('{"a": 1, "b": [2]}')


def test_another_file_is_refused_with_advice(tmp_path):
    (tmp_path / "a").write_bytes(b"abd")
    with pytest.raises(WeightsError, match=f"a: expected SHA-256 {OF_ABC}, found .*; fetch it again"):
        check_sha256(tmp_path / "a", OF_ABC, "fetch it again", WeightsError)
