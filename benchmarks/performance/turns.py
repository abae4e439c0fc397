"""Repeated measurements, taken in turn: A B C A B C ..., so that other load on the machine affects all of them."""

from collections.abc import Callable, Mapping

Measurement = Callable[[], float]


def in_turn(cases: Mapping[str, Measurement], repeats: int) -> dict[str, list[float]]:
    """The values of each case, in the order of the rounds."""
    values: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(repeats):
        for name, measure in cases.items():
            values[name].append(measure())
    return values


def each(function: Callable[..., float], *columns: list[float]) -> list[float]:
    """A function of the values of each round, such as the ratio of two cases."""
    return [function(*values) for values in zip(*columns, strict=True)]
