"""A tiny corpus in FER+'s layout, on which a network trains in seconds: each class is a bright bar in its own place."""

import cv2
import numpy as np
import pytest

from emo_utils.datasets.corpora.ferplus import COLUMNS, SPLITS


@pytest.fixture(scope="session")
def tiny_ferplus(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny_ferplus")
    rng = np.random.default_rng(0)
    lines = [",".join(("Usage", "Image name", *COLUMNS))]
    number = 0
    for usage, folder in SPLITS.values():
        (root / folder).mkdir()
        for index in range(96 if usage == "Training" else 32):
            label = index % 8
            picture = rng.integers(0, 80, (48, 48)).astype(np.uint8)
            picture[6 * label : 6 * label + 6] += 150
            name = f"fer{number:07d}.png"
            cv2.imwrite(str(root / folder / name), picture)
            votes = [10 if i == label else 0 for i in range(10)]
            lines.append(",".join((usage, name, *map(str, votes))))
            number += 1
    (root / "fer2013new.csv").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture
def bars():
    from bars import bars

    return bars


@pytest.fixture
def settings():
    from bars import settings

    return settings
