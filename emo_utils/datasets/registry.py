"""The registry of corpora; each file of `datasets.corpora` registers itself here."""

from emo_utils.registry import Registry

corpora = Registry("corpus", "emo_utils.datasets.corpora")
