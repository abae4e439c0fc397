"""Corpora: one file each, all reachable by name through `corpora`."""

from emo_utils.datasets.registry import corpora
from emo_utils.datasets import ferplus  # noqa: F401  (registers itself)

__all__ = ["corpora"]
