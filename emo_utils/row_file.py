"""Rows of a clip that are not held in memory: few stay there, more go to a temporary file without a name."""

import tempfile
from collections.abc import Sequence

import numpy as np

IN_MEMORY_BYTES = 8_000_000
"""Up to this size rows stay in memory, so that short clips need no open file."""

BLOCK_ROWS = 1024
"""Rows that are written, and read, at a time."""


class RowFile:
    """Rows of one structured dtype, appended one by one and read back by number; they end with this object.

    Args:
        dtype: of a row.
    """

    def __init__(self, dtype: np.dtype):
        self.dtype = dtype
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 (closed with this object)
        self._open: list[tuple] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, row: tuple) -> None:
        """Add a row, a tuple with a value for each field.

        Raises:
            OSError: the folder for temporary files is full.
        """
        self._open.append(row)
        self._count += 1
        if len(self._open) >= BLOCK_ROWS:
            self._write()

    def _write(self) -> None:
        self._file.seek(0, 2)
        self._file.write(np.array(self._open, self.dtype).tobytes())
        self._open = []

    def __getstate__(self) -> dict:
        rows = np.arange(len(self))
        return {"dtype": self.dtype, "columns": self.read(rows, self.dtype.names or ())}

    def __setstate__(self, state: dict) -> None:
        self.__init__(state["dtype"])  # type: ignore[misc]
        for row in zip(*state["columns"], strict=True):
            self.append(row)

    def read(self, rows: np.ndarray, fields: Sequence[str]) -> tuple[np.ndarray, ...]:
        """Some fields of some rows.

        Args:
            rows: int (N,), increasing row numbers.
            fields: names of the dtype.

        Returns:
            An array (N, ...) per field.
        """
        if self._open:
            self._write()
        rows = np.asarray(rows, np.int64)
        out = tuple(np.empty((len(rows), *self.dtype[name].shape), self.dtype[name].base) for name in fields)
        done = 0
        while done < len(rows):
            first = int(rows[done])
            end = int(np.searchsorted(rows, first + BLOCK_ROWS))
            block = self._block(first, int(rows[end - 1]) + 1 - first)[rows[done:end] - first]
            for array, name in zip(out, fields, strict=True):
                array[done:end] = block[name]
            done = end
        return out

    def _block(self, first: int, count: int) -> np.ndarray:
        self._file.seek(first * self.dtype.itemsize)
        return np.frombuffer(self._file.read(count * self.dtype.itemsize), self.dtype)


class StoredColumn:
    """One field of some rows of a `RowFile`, read when it is indexed; an array for whoever indexes it by rows."""

    def __init__(self, file: RowFile, rows: np.ndarray, name: str):
        self._file, self._rows, self._name = file, rows, name

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows) -> np.ndarray:
        chosen = self._rows[rows]
        if np.ndim(chosen) == 0:
            return self._file.read(np.array([chosen]), (self._name,))[0][0]
        order = np.argsort(chosen, kind="stable")
        values = self._file.read(chosen[order], (self._name,))[0]
        back = np.empty(len(order), int)
        back[order] = np.arange(len(order))
        return values[back]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self[:].astype(dtype or self._file.dtype[self._name].base)
