"""The apex of a segment: the frame of the strongest expression, from picture, motion and probabilities.

The expression of the face itself is the template: the mean features in the middle of the segment minus those at rest.
There are three kinds of features: the registered picture, the displacements of the regions, and the logarithms of the
probabilities. Every frame is projected on the template, which averages noise over the whole face (a matched filter:
G. L. Turin, IRE Trans. Inf. Theory 6, 1960). The main variation at rest, such as small head turns and light, is removed
first (nuisance attribute projection: A. Solomonoff et al., ICASSP 2005).

In manual coding the apex is often an interval: from the frame in which the strength stops growing to the frame in which
it begins to fall (P. Ekman, W. V. Friesen, FACS, 1978). Here this plateau is the frames whose smoothed curve is at most
`short_of` below its maximum. The onset of an expression is two to three times as fast as its offset (K. L. Schmidt,
J. F. Cohn, Y. Tian, Biological Psychology 65, 2003). The peak therefore lies a quarter to a third into the plateau:
`into`. If the clip ends on the plateau, the last frame is the apex, as in the sequences of the Extended Cohn-Kanade set
(P. Lucey et al., CVPRW 2010).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emo_utils.motion.curve import FaceTrace
from emo_utils.motion.filters import gaussian
from emo_utils.motion.regions import WITHOUT_EYES

FEWEST_REST = 5
"""Least number of frames at rest; if there are fewer, the frames nearest to rest are used."""

MOST_REST = 200
"""Largest number of frames at rest, evenly spaced, from which nuisances are estimated."""

ROUNDS = 30

KINDS = ("picture", "displacement", "probability")


@dataclass(frozen=True)
class ApexOptions:
    """How the apex is found.

    Attributes:
        kinds: features used, of `KINDS`; probabilities only if the trace has them.
        nuisances: number of directions of variation at rest that are removed.
        sigma_s: standard deviation of the Gaussian that smooths the curve.
        short_of: a frame is in the plateau if its value is at most this share below the maximum.
        into: position of the apex in the plateau, as a share of its length.
        around_s: rest is estimated from frames within this time of the segment.
    """

    kinds: tuple[str, ...] = KINDS
    nuisances: int = 2
    sigma_s: float = 0.2
    short_of: float = 0.05
    into: float = 0.25
    around_s: float = 15.0


def find_apex(
    trace: FaceTrace,
    strength: np.ndarray,
    segments: Sequence[tuple[int, int]],
    which: int,
    options: ApexOptions | None = None,
) -> int:
    """Row of the apex of one segment.

    Args:
        trace: the face.
        strength: float (T,), its curve; gives rest if too few frames lie outside segments.
        segments: first and last row of each segment of the trace.
        which: index of the segment.
        options: of the search.
    """
    options = options or ApexOptions()
    first, last = segments[which]
    times_s = trace.time_s
    near = (times_s >= times_s[first] - options.around_s) & (times_s <= times_s[last] + options.around_s)
    outside = near.copy()
    for start, end in segments:
        outside[max(0, start - 1) : end + 2] = False
    if outside.sum() < FEWEST_REST:
        outside = near & (strength <= np.quantile(strength[near], 0.2))
    rows = np.flatnonzero(near)
    curve = _along(trace, rows, outside[rows], first - rows[0], last - rows[0], options)
    inside = gaussian(curve, times_s[rows], options.sigma_s)[first - rows[0] : last - rows[0] + 1]
    return first + strongest_row(inside, options, first == 0, last == len(trace) - 1)


def strongest_row(curve: np.ndarray, options: ApexOptions, cut_start: bool = False, cut_end: bool = False) -> int:
    """Row of the apex in the smoothed curve (T,) of one segment: a quarter into the plateau; see the module.

    Args:
        curve: of the segment alone.
        options: `short_of` and `into`.
        cut_start: whether the segment is cut off at its start. If the plateau reaches the cut, the frame at the cut is
            taken, since the length of the plateau is unknown.
        cut_end: the same for its end.
    """
    highest = curve.max()
    plateau = np.flatnonzero(curve >= highest - options.short_of * abs(highest))
    start, end = int(plateau[0]), int(plateau[-1])
    goes_on_before, goes_on_after = cut_start and start == 0, cut_end and end == len(curve) - 1
    if goes_on_before == goes_on_after:
        return start + round(options.into * (end - start))
    return start if goes_on_before else end


def _along(trace: FaceTrace, rows, rest: np.ndarray, first: int, last: int, options: ApexOptions) -> np.ndarray:
    """Projection of the face on the template, float (T,): about 0 at rest, 1 in the middle of the segment."""
    quarter = (last - first + 1) // 4
    middle = slice(first + quarter, last + 1 - quarter)
    curves, weights = [], []
    for values in features(trace, rows, options.kinds):
        values = _without_nuisances(values - values[rest].mean(axis=0), trace.time_s[rows], rest, options.nuisances)
        noise = (values - gaussian(values, trace.time_s[rows], 0.066)).var(axis=0)
        template = values[middle].mean(axis=0) / (noise + 0.1 * noise.mean() + 1e-12)
        curve = values @ template
        curves.append(curve / max(abs(curve[middle]).mean(), 1e-12))
        weights.append(1 / max(curves[-1][rest].var(), 1e-6))
    return np.average(curves, axis=0, weights=weights)


def features(trace: FaceTrace, rows: np.ndarray, kinds: tuple[str, ...]) -> list[np.ndarray]:
    """Features, float (T, F) of each kind; brightness and contrast are normalised, eye regions are left out."""
    found = []
    if "picture" in kinds:
        picture = trace.patch[rows].reshape(len(rows), -1).astype(float)
        picture -= picture.mean(axis=1, keepdims=True)
        found.append(picture / np.maximum(picture.std(axis=1, keepdims=True), 1e-6))
    if "displacement" in kinds:
        found.append(trace.displacement[rows][:, WITHOUT_EYES].reshape(len(rows), -1).astype(float))
    if "probability" in kinds and trace.probabilities is not None:
        found.append(np.log(np.clip(trace.probabilities[rows], 1e-3, 1)))
    return found


def _without_nuisances(values: np.ndarray, times_s: np.ndarray, rest: np.ndarray, count: int) -> np.ndarray:
    if not count or rest.sum() <= 3 * count:
        return values
    steady = gaussian(values, times_s, 0.05)[rest]
    steady = steady[:: -(-len(steady) // MOST_REST)]
    directions = main_directions(steady - steady.mean(axis=0), count)
    return values - values @ directions @ directions.T


def main_directions(values: np.ndarray, count: int) -> np.ndarray:
    """Directions (F, count) in which (T, F) values of mean zero vary most, by orthogonal iteration.

    Only a few of hundreds of directions are needed; a full singular value decomposition would be slow.
    """
    found = np.random.default_rng(0).normal(size=(values.shape[1], count))
    for _ in range(ROUNDS):
        found = np.linalg.qr(values.T @ (values @ found))[0]
    return found
