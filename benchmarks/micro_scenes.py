"""Synthetic micro-expressions: the sample corpus played at 200 frames a second, with a fraction of its strength.

All clips and all figures from them are synthetic. `benchmarks/segments.py --real` uses this module.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from hard_scenes import SCENE, Hardness, Marks, harder, shoot

from emo_utils.datasets.synthetic.cast import Subject
from emo_utils.datasets.synthetic.script import solo, unit_track
from emo_utils.datasets.synthetic.stage import Player
from emo_utils.video_writer import write_video

FPS = 200
HEAD = 0.15
"""The head moves as far in a second as it does in the corpus, which is played at 30 frames a second."""

HARDNESS = Hardness(head=HEAD, noise=2.0, quality=23)


def make_micro(path: Path, subject: Subject, emotion: str, seed: int, strength: float) -> Marks:
    """Write a clip of 90 frames (0.45 s) with one faint, fast expression and no blink: its onset, apex and offset."""
    rng = np.random.default_rng([seed, int(subject.subject_id[1:]), sum(map(ord, emotion))])
    take = solo(subject, emotion, 1, seed)
    take = take._replace(truth=replace(take.truth, blinks=()))
    player = Player(subject, harder(take.motion, HARDNESS, rng), SCENE, rng)
    units = strength * unit_track(take.truth, subject, seed)
    write_video(path, shoot(player, units, HARDNESS, rng), FPS, quality=HARDNESS.quality)
    return take.truth.onset, take.truth.apex, take.truth.offset
