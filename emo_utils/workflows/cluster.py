"""The workers of a Dask cluster, as an executor."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from emo_utils.errors import MissingPackageError, WorkerError
from emo_utils.extras import missing

CONNECT_S = 10
"""Timeout of the connection to a scheduler."""


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Connect to a scheduler; its workers must see clips and output under the same paths as this machine.

    Raises:
        MissingPackageError: Dask is not installed.
        WorkerError: no scheduler answers.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise MissingPackageError(missing("--scheduler", "distributed")) from error
    try:
        client = Client(address, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        raise WorkerError(f"no Dask scheduler answers at {address} within {CONNECT_S} s: {error}") from error
    with client:
        yield client.get_executor()
