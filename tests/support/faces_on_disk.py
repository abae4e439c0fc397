"""Trees in the layouts of CK+48 and FER+ with real bytes in them: each emotion is a bright bar in its own place."""

import csv
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


def draw_ferplus(root: Path, each: int = 6) -> Path:
    """All eight emotions in all three parts, ten votes for what is drawn."""
    from emo_utils.datasets.corpora.ferplus import CLASSES, COLUMNS, SPLITS

    rng = np.random.default_rng(0)
    rows = []
    for usage, folder in SPLITS.values():
        (root / folder).mkdir(parents=True)
        for number in range(each * len(CLASSES)):
            label, name = number % len(CLASSES), f"fer{len(rows):07}.png"
            picture = rng.integers(0, 60, (48, 48)).astype(np.uint8)
            picture[6 * label : 6 * label + 5] += 150
            cv2.imwrite(str(root / folder / name), picture)
            rows.append([usage, name, *(10 * (column == label) for column in range(len(COLUMNS)))])
    with (root / "fer2013new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["Usage", "Image name", *COLUMNS], *rows])
    return root
