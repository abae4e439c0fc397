"""Made-up faces: traces with exactly known motion, no pictures needed."""

from dataclasses import replace

import numpy as np

from emo_utils.motion.curve import FaceTrace
from emo_utils.motion.follow import PATCH_PX
from emo_utils.motion.regions import NAMES

FPS = 30
NEUTRAL = 1


def hump(time_s: np.ndarray, onset_s: float, apex_s: float, offset_s: float) -> np.ndarray:
    """0 outside onset to offset, 1 at the apex, smooth between."""
    rise = np.clip((time_s - onset_s) / (apex_s - onset_s), 0, 1)
    fall = np.clip((offset_s - time_s) / (offset_s - apex_s), 0, 1)
    line = np.minimum(rise, fall)
    return line * line * (3 - 2 * line)


def face(
    strength: np.ndarray,
    regions=("left_mouth_corner", "right_mouth_corner", "left_cheek", "right_cheek"),
    size: float = 0.05,
    fps: float = FPS,
    noise: float = 0.0005,
    read: bool = True,
    seed: int = 0,
) -> FaceTrace:
    """A face whose regions move by `size` face sides where `strength` is 1; happiness is read where it is over half."""
    rng = np.random.default_rng(seed)
    count = len(strength)
    moved = rng.normal(0, noise, (count, len(NAMES), 2))
    for name in regions:
        moved[:, NAMES.index(name), 1] -= size * strength
    pattern = rng.normal(0, 25, (PATCH_PX, PATCH_PX))
    patch = 120 + rng.normal(0, 40, (PATCH_PX, PATCH_PX)) + strength[:, None, None] * pattern
    patch = np.clip(patch + rng.normal(0, 1, patch.shape), 0, 255).astype(np.uint8)
    happy = 0.05 + 0.9 / (1 + np.exp(-(strength - 0.5) * 12))
    probabilities = np.stack([happy, 1 - happy], axis=1) if read else None
    index = np.arange(count)
    return FaceTrace(index, index / fps, moved.astype(np.float32), patch, probabilities, NEUTRAL if read else None)


def seconds(duration_s: float, fps: float = FPS) -> np.ndarray:
    """Times of the frames of a clip."""
    return np.arange(round(duration_s * fps)) / fps


def at_times(trace: FaceTrace, rows: np.ndarray) -> FaceTrace:
    """Only some rows of a trace."""
    own = None if trace.probabilities is None else trace.probabilities[rows]
    return replace(
        trace, frame_index=trace.frame_index[rows], time_s=trace.time_s[rows],
        displacement=trace.displacement[rows], patch=trace.patch[rows], probabilities=own,
    )  # fmt: skip
