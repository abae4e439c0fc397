"""Tests of rows on disk: the same values in any order, short and long, also in a copy."""

import copy

import numpy as np
import pytest

from emo_utils.row_file import BLOCK_ROWS, IN_MEMORY_BYTES, RowFile, StoredColumn

ROW = np.dtype([("place", np.float32, (3, 2)), ("patch", np.uint8, (40, 40))])


@pytest.mark.parametrize("count", [1, BLOCK_ROWS + 7, IN_MEMORY_BYTES // ROW.itemsize + BLOCK_ROWS])
def test_rows_come_back_as_they_were(count: int) -> None:
    rng = np.random.default_rng(0)
    places = rng.normal(size=(count, 3, 2)).astype(np.float32)
    patches = rng.integers(0, 256, (count, 40, 40)).astype(np.uint8)
    file = RowFile(ROW)
    for place, patch in zip(places, patches, strict=True):
        file.append((place, patch))
    assert len(file) == count
    rows = np.arange(0, count, 3)
    found_places, found_patches = file.read(rows, ("place", "patch"))
    assert (found_places == places[rows]).all()
    assert (found_patches == patches[rows]).all()
    file.append((places[0], patches[0]))
    assert (file.read(np.array([count]), ("place",))[0] == places[0]).all(), "written after reading"
    column = StoredColumn(file, rows, "patch")
    assert (column[0] == patches[0]).all()
    assert (column[::-1] == patches[rows][::-1]).all()
    assert (np.asarray(column) == patches[rows]).all()
    again = copy.deepcopy(file)
    assert (again.read(rows, ("place",))[0] == found_places).all()
