"""The registry of backbones; each file of this folder registers itself here."""

from emo_utils.registry import Registry

backbones = Registry("backbone")
