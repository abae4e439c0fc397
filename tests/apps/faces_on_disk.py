"""A tree in CK+48's layout with real bytes in it: each emotion is a bright bar in its own place, moving over time."""

from pathlib import Path

import cv2
import numpy as np

EMOTIONS = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")


def draw_ckplus(root: Path, subjects: int = 10, emotions=EMOTIONS, size: int = 48) -> Path:
    rng = np.random.default_rng(0)
    for subject in range(subjects):
        for label, emotion in enumerate(emotions):
            folder = root / "CK+48" / emotion
            folder.mkdir(parents=True, exist_ok=True)
            for frame in range(3):
                picture = rng.integers(0, 60, (size, size)).astype(np.uint8)
                picture[6 * label : 6 * label + 4 + frame] += 150
                cv2.imwrite(str(folder / f"S{subject + 5:03}_{label + 1:03}_{frame + 9:08}.png"), picture)
    return root
