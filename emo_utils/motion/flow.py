"""Optical flow between two aligned gray faces, by three methods with one signature.

Sources: G. Farneback, "Two-Frame Motion Estimation Based on Polynomial Expansion", SCIA 2003; T. Kroeger et al., "Fast
Optical Flow using Dense Inverse Search" (DIS), ECCV 2016; B. Lucas, T. Kanade, "An Iterative Image Registration
Technique", IJCAI 1981, in its pyramid form (J.-Y. Bouguet, 2000). All as OpenCV implements them.
"""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from emo_utils.errors import UnknownNameError
from emo_utils.registry import unknown_name

Flow = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(first, second, points) -> motion. Two gray faces uint8 (S, S), and points float32 (N, 2) in pixels of the first. The
result is float32 (N, 2), the motion of each point to the second face in pixels right and down."""


def farneback(first: np.ndarray, second: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Dense, from second-order polynomials fitted to neighbourhoods; see `Flow`."""
    dense = cv2.calcOpticalFlowFarneback(first, second, None, 0.5, 3, 15, 3, 5, 1.1, 0)
    return _at(dense, points)


def dis(first: np.ndarray, second: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Dense, from patches found by inverse search and refined variationally; see `Flow`."""
    return _at(_dis().calc(first, second, None), points)


def lucas_kanade(first: np.ndarray, second: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Sparse, at the points alone; a lost point gets the median motion of the others; see `Flow`."""
    found, state, _ = cv2.calcOpticalFlowPyrLK(first, second, points[:, None], None, winSize=(15, 15), maxLevel=3)
    moved, lost = found[:, 0] - points, state[:, 0] == 0
    if lost.any():
        moved[lost] = np.median(moved[~lost], axis=0) if not lost.all() else 0
    return moved


METHODS: dict[str, Flow] = {"dis": dis, "farneback": farneback, "lucas_kanade": lucas_kanade}
"""The first is the default; `benchmarks/segments.py` measures the three."""

DEFAULT = next(iter(METHODS))


def find_flow(name: str) -> Flow:
    """The method of this name.

    Raises:
        UnknownNameError: no such method; lists the known ones.
    """
    if name not in METHODS:
        raise UnknownNameError(unknown_name("optical flow", name, METHODS))
    return METHODS[name]


@cache
def _dis():
    """OpenCV's medium preset with fewer iterations: 20 % faster, and the same segments on the tuning clips."""
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow.setGradientDescentIterations(16)
    flow.setVariationalRefinementIterations(3)
    return flow


def _at(dense: np.ndarray, points: np.ndarray) -> np.ndarray:
    column, row = np.round(points.T).astype(int)
    return dense.reshape(-1, 2).take(row * dense.shape[1] + column, axis=0)
