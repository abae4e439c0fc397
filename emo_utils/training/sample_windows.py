"""The windows of a network over time, from the samples that it was trained on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emo_utils.datasets.samples import Files, Samples
from emo_utils.inference.windows import WindowRule
from emo_utils.representations.representation import Windowed, representations
from emo_utils.representations.sequence import load_sequence
from emo_utils.representations.stack import load_stack
from emo_utils.training.experiment import Experiment

LOOKED_AT = 50
"""Training samples from which the frame rate is taken."""

SEQUENCE_AXES = (2, 4)
"""Axes of a sample over time: embeddings (T, F), or pictures (T, C, S, S)."""


def window_rule(experiment: Experiment, train: Samples) -> WindowRule | None:
    """The windows in which a clip is read with a network trained on these samples; None for other networks."""
    about = experiment.representation
    if about["name"] not in representations or not hasattr(representations.get(about["name"]), "sample"):
        return None
    kept = {key: value for key, value in about.items() if key not in ("name", "version", "scorer", "encoders")}
    spec = representations.get(about["name"])(**kept)
    if not isinstance(spec, Windowed):
        return None
    lengths = [spec.span.shortest]
    if train.items[0].ndim in SEQUENCE_AXES:
        lengths = [(len(train.items[row]) - 1) * spec.span.step + 1 for row in range(len(train))]
    fps = getattr(spec, "fps", None) or sample_fps(train)
    return WindowRule.of(spec.span, min(lengths), max(lengths), fps)


def sample_fps(samples: Samples) -> float | None:
    """Frames a second of the clips that samples were made of: the median; None for pictures without times."""
    if not isinstance(samples.items, Files):
        return None
    found = [fps for path in spread(samples.items.paths, LOOKED_AT) if (fps := fps_of(path))]
    return round(float(np.median(found)), 3) if found else None


def spread(paths: Sequence[Path], count: int) -> list[Path]:
    """Up to `count` paths, evenly over all."""
    return [paths[row] for row in np.unique(np.linspace(0, len(paths) - 1, count).astype(int))]


def fps_of(path: Path) -> float | None:
    """Frames a second of the clip of one sample file; None without times."""
    if path.suffix == ".tiff":
        return load_stack(path).fps
    if path.suffix != ".npz":
        return None
    sequence = load_sequence(path)
    frames, seconds = np.ptp(sequence.frame_index), np.ptp(sequence.time_s)
    return float(frames / seconds) if frames and seconds > 0 else None
