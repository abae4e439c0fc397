"""Compare the settings of two runs; a setting that is absent has its default."""

import json
from collections.abc import Mapping


def differing(settings: Mapping, defaults: Mapping) -> dict:
    """The settings that differ from the defaults, also nested ones; they define the identity of a run.

    A setting that is added later with a default does not change the identity of older runs.
    """
    found = {}
    for key, value in _plain(settings).items():
        usual = _plain(defaults).get(key)
        if isinstance(value, dict) and isinstance(usual, dict):
            if inner := differing(value, usual):
                found[key] = inner
        elif key not in defaults or value != usual:
            found[key] = value
    return found


def same_settings(one: Mapping, other: Mapping, defaults: Mapping) -> bool:
    """Whether two runs have the same settings; a setting that is absent has its default."""
    return differing(one, defaults) == differing(other, defaults)


def _plain(values: Mapping) -> dict:
    """Values after a round trip through JSON."""
    return json.loads(json.dumps(values))
