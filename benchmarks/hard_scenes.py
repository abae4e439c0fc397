"""The sample corpus made hard: noise, compression, head motion, a shaking camera, changing light, more blinks.

All clips and all figures from them are synthetic. `benchmarks/segments.py` uses this module; run alone it does nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from emo_utils.datasets.synthetic.cast import Subject
from emo_utils.datasets.synthetic.script import FPS, FRAMES, SIZE_PX, Part, solo, unit_track
from emo_utils.datasets.synthetic.stage import Camera, Motion, Player, make_background, still_life
from emo_utils.video_writer import write_video

Marks = tuple[int, int, int]
SCENE = (SIZE_PX, SIZE_PX)


@dataclass(frozen=True)
class Hardness:
    """How hard a scene is.

    Attributes:
        head: the head's motion, as a multiple of the corpus's.
        noise: sensor noise in gray levels, beside the corpus's 1.6.
        quality: x264's constant rate factor; 20 is good, 32 shows blocks.
        shake_px: a camera held in the hand, pixels a frame.
        light: change of brightness, as a share.
        blinks: more of them, anywhere in the clip, beside the two of each take.
    """

    head: float = 1.0
    noise: float = 0.0
    quality: int = 20
    shake_px: float = 0.0
    light: float = 0.0
    blinks: int = 0


LEVELS = {
    "plain": Hardness(),
    "hard": Hardness(head=1.5, noise=4, quality=28, shake_px=1.0, light=0.08, blinks=1),
    "harsh": Hardness(head=2.0, noise=6, quality=32, shake_px=1.5, light=0.12, blinks=2),
}


def make_scene(path: Path, subject: Subject, emotions: Sequence[str], seed: int, level: Hardness) -> list[Marks]:
    """Write a clip in which one person shows these emotions one after the other, in one shot.

    Returns:
        Onset, apex and offset of each; `neutral` has none.
    """
    rng = np.random.default_rng([seed, int(subject.subject_id[1:]), *(sum(map(ord, name)) for name in emotions)])
    takes = [solo(subject, emotion, number, seed) for number, emotion in enumerate(emotions, start=1)]
    frames = FRAMES * len(takes)
    takes = [replace_blinks(take, level, rng) for take in takes]
    motion = takes[0].motion
    if len(takes) > 1:
        motion = still_life(frames, (SIZE_PX / 2, SIZE_PX / 2), 0.9, rng)
    units = np.concatenate([unit_track(take.truth, subject, seed) for take in takes])
    player = Player(subject, harder(motion, level, rng), SCENE, rng)
    write_video(path, shoot(player, units, level, rng), FPS, quality=level.quality)
    truths = [(take.truth, number * FRAMES) for number, take in enumerate(takes)]
    return [(t.onset + at, t.apex + at, t.offset + at) for t, at in truths if t.onset is not None]


def replace_blinks(take: Part, level: Hardness, rng: np.random.Generator) -> Part:
    more = rng.integers(5, FRAMES - 5, level.blinks).tolist()
    return take._replace(truth=replace(take.truth, blinks=(*take.truth.blinks, *more)))


def harder(motion: Motion, level: Hardness, rng: np.random.Generator) -> Motion:
    """The same motion with larger amplitude, and the drift of a hand-held camera."""
    values = {field.name: np.asarray(getattr(motion, field.name)) for field in fields(motion)}
    values = {name: line.mean() + level.head * (line - line.mean()) for name, line in values.items()}
    walk = np.cumsum(rng.normal(0, level.shake_px, (3, len(motion.x))), axis=1)
    walk -= np.stack([np.convolve(line, np.ones(15) / 15, "same") for line in walk])
    values["x"], values["y"] = values["x"] + walk[0], values["y"] + walk[1]
    values["roll"] = values["roll"] + walk[2] / 2
    for name in ("yaw", "pitch"):
        values[name] = np.clip(values[name], -1, 1)
    return Motion(**values)


def shoot(player: Player, units: np.ndarray, level: Hardness, rng: np.random.Generator) -> Iterator[np.ndarray]:
    background, camera = make_background(SCENE, rng), Camera(SCENE, rng)
    phase, hertz = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.2)
    for number, row in enumerate(units):
        picture = camera.shoot(player.draw(number, row, background)).astype(np.float32)
        picture *= 1 + level.light * np.sin(2 * np.pi * hertz * number / FPS + phase)
        picture += rng.normal(0, level.noise, picture.shape)
        yield np.clip(picture, 0, 255).astype(np.uint8)
