"""When two runs are the same: their settings, where one that is not named has its default."""

import json
from collections.abc import Mapping


def differing(settings: Mapping, defaults: Mapping) -> dict:
    """Those settings whose values are not the defaults, nested ones likewise: what a run's identity depends on.

    A setting that is added later with a default leaves the identity of older runs as it was.
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
    """Whether two runs have the same settings, where one that is not named has its default."""
    return differing(one, defaults) == differing(other, defaults)


def _plain(values: Mapping) -> dict:
    """Values as JSON gives them back."""
    return json.loads(json.dumps(values))
