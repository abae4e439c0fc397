"""Corpora: one file each, all reachable by name through `corpora`."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from emo_utils.datasets.registry import corpora

__all__ = ["corpora", "register_all"]

MARK = "@corpora.register("


def register_all() -> None:
    """Import every file of this folder that registers a corpus: a new one needs no line elsewhere.

    The other files are not imported here, so that what they need costs only those who use them.
    """
    for module in iter_modules(__path__, f"{__name__}."):
        if MARK in (find_spec(module.name).loader.get_source(module.name) or ""):
            import_module(module.name)


register_all()
