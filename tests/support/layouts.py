"""Trees in the official layouts, with empty files: what an index reads is their names."""

from collections import Counter
from pathlib import Path

RAVDESS_EMOTIONS = range(1, 9)
SONG_EMOTIONS = range(1, 7)

CK_SEQUENCES = {"anger": 45, "contempt": 18, "disgust": 59, "fear": 25, "happy": 69, "sadness": 28, "surprise": 83}
CK_SUBJECTS = 118


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def ravdess_names(actor: int, channel: int = 1, modality: int = 1) -> list[str]:
    """60 names of speech or 44 of song: neutral has one intensity; two statements, two repetitions."""
    emotions = RAVDESS_EMOTIONS if channel == 1 else SONG_EMOTIONS
    return [
        f"{modality:02}-{channel:02}-{emotion:02}-{intensity:02}-{statement:02}-{repetition:02}-{actor:02}"
        for emotion in emotions
        for intensity in ((1,) if emotion == 1 else (1, 2))
        for statement in (1, 2)
        for repetition in (1, 2)
    ]


def make_ravdess(root: Path, actors=range(1, 25), modalities=(1, 2), channel: int = 1) -> Path:
    kind = {1: "Speech", 2: "Song"}[channel]
    for actor in actors:
        for modality in modalities:
            for name in ravdess_names(actor, channel, modality):
                touch(root / f"Video_{kind}_Actor_{actor:02}" / f"Actor_{actor:02}" / f"{name}.mp4")
    return root


def make_ckplus(root: Path) -> Path:
    """327 sequences of three frames among 118 subjects, counted per emotion as published."""
    takes: Counter[int] = Counter()
    number = 0
    for emotion, count in CK_SEQUENCES.items():
        for _ in range(count):
            subject = number % CK_SUBJECTS
            takes[subject] += 1
            for frame in (9, 10, 11):
                touch(root / "CK+48" / emotion / f"S{subject + 5:03}_{takes[subject]:03}_{frame:08}.png")
            number += 1
    return root


def make_stock(root: Path, each: int = 30) -> Path:
    for label in ("Anger", "Happy", "Shock", "Neutral", "Sad"):
        for number in range(1, each + 1):
            touch(root / "Scrapping" / f"{label}_{number:04}.mp4")
    return root


MEAD_EMOTIONS = ("angry", "contempt", "disgusted", "fear", "happy", "neutral", "sad", "surprised")


def make_mead(root: Path, people=("M003", "W009"), views=("front", "left_30"), sentences: int = 2) -> Path:
    for person in people:
        for view in views:
            for emotion in MEAD_EMOTIONS:
                for level in (1,) if emotion == "neutral" else (1, 2, 3):
                    for sentence in range(1, sentences + 1):
                        touch(root / person / "video" / view / emotion / f"level_{level}" / f"{sentence:03}.mp4")
    return root


def make_savee(root: Path) -> Path:
    """480 clips: 15 sentences an emotion and 30 neutral ones, of four speakers."""
    for speaker in ("DC", "JE", "JK", "KL"):
        for code in ("a", "d", "f", "h", "n", "sa", "su"):
            for sentence in range(1, 31 if code == "n" else 16):
                touch(root / "AudioVisualClip" / speaker / f"{code}{sentence}.avi")
    return root
