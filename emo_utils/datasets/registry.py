"""The registry of corpora; each file of this folder registers itself here."""

from emo_utils.registry import Registry

corpora = Registry("corpus")
