"""Scripts of the sample corpus: people, expressions and timing of each clip, drawn from a seed; and their rendering."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from zlib import crc32

import numpy as np

from emo_utils.datasets.synthetic.cast import Subject
from emo_utils.datasets.synthetic.face import EMOTION_UNITS, unit_vector
from emo_utils.datasets.synthetic.stage import Camera, Motion, Player, eyes_in_scene, make_background, still_life

FPS = 30
FRAMES = 90
SIZE_PX = 256

CROSSINGS = (("happiness", "surprise"), ("sadness", "anger"), ("surprise", "neutral"))
"""What the two persons of each crossing scene show; people are taken from the cast in order, two by two."""
CROSSING_PREFIX = "cross_"
CROSSING_FRAMES = 120
CROSSING_SIZE_PX = (512, 256)


@dataclass(frozen=True)
class Truth:
    """What one person does in one clip. Frames count from 0.

    Attributes:
        clip_id, file: which clip; two persons in one scene are two rows of the same clip.
        subject_id, emotion, take: who shows what, and which time.
        onset, apex, offset: first frame with any expression, frame of the strongest, last frame with any; None where
            the face stays neutral.
        frames, fps: length and rate of the clip.
        blinks: frames at which the eyes are shut.
        eyes_x, eyes_y: the point between the eyes, in pixels, one value per frame.
    """

    clip_id: str
    file: str
    subject_id: str
    emotion: str
    take: int
    onset: int | None
    apex: int | None
    offset: int | None
    frames: int
    fps: int
    blinks: tuple[int, ...]
    eyes_x: tuple[float, ...] = field(default=(), repr=False)
    eyes_y: tuple[float, ...] = field(default=(), repr=False)


class Part(NamedTuple):
    """One person's part in a scene."""

    subject: Subject
    truth: Truth
    motion: Motion


def plan(clip_id: str, subject_id: str, emotion: str, take: int, seed: int, frames: int = FRAMES) -> Truth:
    """Decide when the expression and the blinks of a clip happen."""
    rng = _rng(seed, clip_id, subject_id, "plan")
    onset = int(rng.integers(14, 24))
    apex = onset + int(rng.integers(15, 22))
    offset = min(apex + int(rng.integers(20, 30)), frames - 8)
    blinks = [int(rng.integers(4, 10)), int(rng.integers(apex + 9, frames - 4))]
    marks = (None, None, None) if emotion == "neutral" else (onset, apex, offset)
    return Truth(clip_id, f"{clip_id}.mp4", subject_id, emotion, take, *marks, frames, FPS, tuple(blinks))


def intensity(truth: Truth) -> np.ndarray:
    """Strength of the expression per frame, float32 (T,): 0 outside onset to offset, 1 at the apex alone."""
    if truth.onset is None:
        return np.zeros(truth.frames, np.float32)
    frame = np.arange(truth.frames, dtype=np.float32)
    rise, fall = truth.apex - truth.onset, truth.offset - truth.apex
    marks = (truth.onset - 1, truth.onset + 0.6 * rise, truth.apex, truth.apex + 0.5 * fall, truth.offset + 1)
    heights = (0, 0.94, 1, 0.93, 0)
    place = np.clip(np.searchsorted(marks, frame, side="right") - 1, 0, len(marks) - 2)
    left, right = np.take(marks, place), np.take(marks, place + 1)
    share = np.clip((frame - left) / (right - left), 0, 1)
    low, high = np.take(heights, place), np.take(heights, place + 1)
    return (low + (high - low) * share * share * (3 - 2 * share)).astype(np.float32)


def unit_track(truth: Truth, subject: Subject, seed: int) -> np.ndarray:
    """Action units per frame, float32 (T, UNITS); each take plays the emotion a little differently."""
    rng = _rng(seed, truth.clip_id, truth.subject_id, "units")
    apex = unit_vector(EMOTION_UNITS[truth.emotion])
    apex *= subject.vigour * rng.uniform(0.88, 1.08, len(apex)).astype(np.float32)
    units = intensity(truth)[:, None] * apex
    frame = np.arange(truth.frames, dtype=np.float32)
    for blink in truth.blinks:
        units[:, 45] = np.maximum(units[:, 45], np.clip(1.5 - np.abs(frame - blink) / 2, 0, 1))
    return units


def solo(subject: Subject, emotion: str, take: int, seed: int, frames: int = FRAMES) -> Part:
    """One person in front of the camera."""
    clip_id = f"{subject.subject_id}_{emotion}_{take}"
    truth = plan(clip_id, subject.subject_id, emotion, take, seed, frames)
    rng = _rng(seed, clip_id, "motion")
    centre = (SIZE_PX / 2 + rng.uniform(-6, 6), SIZE_PX / 2 + rng.uniform(0, 6))
    motion = still_life(frames, centre, rng.uniform(0.84, 0.96), rng)
    return Part(subject, _with_path(truth, subject, motion), motion)


def crossing(pair: tuple[Subject, Subject], emotions: tuple[str, str], seed: int) -> list[Part]:
    """Two persons who start on two sides and cross; the second passes in front."""
    clip_id = CROSSING_PREFIX + "_".join(subject.subject_id for subject in pair)
    time = np.clip((np.arange(CROSSING_FRAMES) - 45) / 45, 0, 1)
    share = time * time * (3 - 2 * time)
    played = []
    for place, (subject, emotion) in enumerate(zip(pair, emotions, strict=True)):
        truth = plan(clip_id, subject.subject_id, emotion, 1, seed, CROSSING_FRAMES)
        rng = _rng(seed, clip_id, subject.subject_id, "motion")
        still = still_life(CROSSING_FRAMES, (0, 132 + 8 * place), 0.66 + 0.05 * place, rng)
        start, end = ((130, 382), (382, 130))[place]
        motion = replace(still, x=still.x + start + (end - start) * share)
        played.append(Part(subject, _with_path(truth, subject, motion), motion))
    return played


def _with_path(truth: Truth, subject: Subject, motion: Motion) -> Truth:
    x, y = np.round(eyes_in_scene(subject, motion), 1).T.tolist()
    return replace(truth, eyes_x=tuple(x), eyes_y=tuple(y))


def film(played: list[Part], size: tuple[int, int], seed: int) -> Iterator[np.ndarray]:
    """Draw the frames of a scene; later persons stand in front of earlier ones."""
    clip_id = played[0].truth.clip_id
    background = make_background(size, _rng(seed, clip_id, "background"))
    camera = Camera(size, _rng(seed, clip_id, "camera"))
    light = f"{clip_id} light"
    players = [Player(part.subject, part.motion, size, _rng(seed, light)) for part in played]
    tracks = [unit_track(part.truth, part.subject, seed) for part in played]
    for frame in range(played[0].truth.frames):
        scene = background
        for player, units in zip(players, tracks, strict=True):
            scene = player.draw(frame, units[frame], scene)
        yield camera.shoot(scene)


def _rng(seed: int, *names: str) -> np.random.Generator:
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])
