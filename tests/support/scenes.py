"""Scenes with known people, put together from real clips of different people, and how well a timeline tells them apart.

A scene is a list of shots, a shot a list of panels: the frames of one source clip in a square of 480 pixels, put
somewhere on the canvas. Where a person's face is in the scene, is known from the source clip alone: it is analysed
once, on its own (one person, tracks only, every frame detected in), and its boxes are shifted with the panel. A face of
which a panel in front hides more than half is not expected to be seen. So identities and times are exact, and the
boxes are as good as the detector is on an undisturbed clip.

Metrics: IDF1 (E. Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", ECCV
Workshops 2016) and identity switches (K. Bernardin, R. Stiefelhagen, "Evaluating Multiple Object Tracking Performance:
The CLEAR MOT Metrics", 2008), both as TrackEval computes them, boxes matched from an overlap of 0.5 on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from emo_utils.datasets.synthetic import script
from emo_utils.datasets.synthetic.cast import make_cast
from emo_utils.datasets.synthetic.features import EYES_X
from emo_utils.faces.boxes import intersection_over_union
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.video import read_frames
from emo_utils.video_writer import write_video

PANEL_PX = 480
FPS = 25
EMPTY = "no_face"
"""The clip in which nobody is."""

HIDDEN_FROM = 0.5
"""Share of a box that a panel in front covers, from which the face is not expected to be seen."""

BOX = ["x1", "y1", "x2", "y2"]


@dataclass(frozen=True)
class Panel:
    """A stretch of a source clip on the canvas.

    Attributes:
        source: stem of the clip.
        start: its first frame in the source.
        place: upper left corner on the canvas, x and y in pixels, by the frame of the shot.
    """

    source: str
    start: int = 0
    place: Callable[[int], tuple[int, int]] = field(default=lambda frame: (0, 0), repr=False)


@dataclass(frozen=True)
class Scene:
    """Shots: pairs of a number of frames and the panels in them, later ones in front."""

    name: str
    shots: tuple[tuple[int, tuple[Panel, ...]], ...]
    size: tuple[int, int] = (PANEL_PX, PANEL_PX)

    @property
    def people(self) -> list[str]:
        """The sources, each a person, in order of appearance."""
        names = [panel.source for _, panels in self.shots for panel in panels]
        return [name for name in dict.fromkeys(names) if name != EMPTY]


def at(x: int) -> Callable[[int], tuple[int, int]]:
    """A place that does not move."""
    return lambda frame: (x, 0)


def moving(start: int, end: int, frames: int) -> Callable[[int], tuple[int, int]]:
    """From one column to another, slowly at first and at last."""

    def place(frame: int) -> tuple[int, int]:
        share = min(1.0, max(0.0, frame / (frames - 1)))
        return round(start + (end - start) * share * share * (3 - 2 * share)), 0

    return place


def cut_together(*sources: tuple[str, int], frames: int, name: str) -> Scene:
    """One shot after another, each a source from a frame on."""
    return Scene(name, tuple((frames, (Panel(source, start),)) for source, start in sources))


def absence(before: str, after: str, frames: int, away: int, name: str) -> Scene:
    """A person, an empty room, and then the same or another person."""
    shots = [(frames, (Panel(before),)), (away, (Panel(EMPTY),)), (frames, (Panel(after, frames),))]
    return Scene(name, tuple(shots))


def sides_swapped(left: str, right: str, frames: int) -> Scene:
    """Two people side by side who have changed places after a cut."""
    shots = [
        (frames, (Panel(left, 0, at(0)), Panel(right, 0, at(PANEL_PX)))),
        (frames, (Panel(left, frames, at(PANEL_PX)), Panel(right, frames, at(0)))),
    ]
    return Scene("two people swap sides at a cut", tuple(shots), (2 * PANEL_PX, PANEL_PX))


def crossing(left: str, right: str, frames: int) -> Scene:
    """Two people who change places before the camera; the one who starts at the right passes in front."""
    panels = (Panel(left, 0, moving(0, PANEL_PX, frames)), Panel(right, 0, moving(PANEL_PX, 0, frames)))
    return Scene("two people cross, one in front", ((frames, panels),), (2 * PANEL_PX, PANEL_PX))


def conversation(first: str, second: str, frames: int) -> Scene:
    """Both, then close-ups in turn, then both again on changed sides: what a film does."""
    both = (Panel(first, 0, at(0)), Panel(second, 0, at(PANEL_PX)))
    swapped = (Panel(second, 3 * frames, at(0)), Panel(first, 3 * frames, at(PANEL_PX)))
    middle = at(PANEL_PX // 2)
    close = [(Panel(first, frames, middle),), (Panel(second, frames, middle),), (Panel(first, 2 * frames, middle),)]
    shots = [(frames, panels) for panels in (both, *close, swapped)]
    return Scene("conversation: both, close-ups, both", tuple(shots), (2 * PANEL_PX, PANEL_PX))


LABELLED = ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")


def real_scenes() -> list[Scene]:
    """The scenes of the tests and of `benchmarks/identity.py`."""
    d18, d19, d20 = "expressive_d18", "expressive_d19", "expressive_d20"
    man, woman = "single_face", "WolfgangLanger_Pexels"
    rounds = [(name, start) for start in (0, 60) for name in LABELLED]
    return [
        cut_together((d19, 0), (d20, 0), (d19, 60), frames=60, name="A|B|A cut together"),
        cut_together((woman, 0), (man, 0), (woman, 300), (man, 36), frames=36, name="A|B|A|B, other expressions"),
        cut_together(*rounds, frames=40, name="seven people, two rounds of cuts"),
        absence(d18, d18, 75, 5 * FPS, "A leaves and returns after 5 s"),
        absence(d18, d20, 75, 5 * FPS, "A leaves, B comes after 5 s"),
        sides_swapped(d18, d19, 60),
        crossing(d20, d19, 100),
        conversation(d19, "happiness", 36),
    ]


def find_clip(folder: Path, stem: str) -> Path:
    """The source clip of a name, in the folder of clips or its folder of labelled ones."""
    return next(path for path in sorted(folder.rglob("*")) if path.stem == stem and path.suffix != ".jpg")


def film(scene: Scene, folder: Path, out: Path) -> Path:
    """Write a scene as a video of 25 frames a second."""
    write_video(out, _frames(scene, folder), FPS)
    return out


def _frames(scene: Scene, folder: Path) -> Iterator[np.ndarray]:
    width, height = scene.size
    for frames, panels in scene.shots:
        pictures = [_pictures(find_clip(folder, panel.source), panel.start) for panel in panels]
        for frame in range(frames):
            canvas = np.zeros((height, width, 3), np.uint8)
            for panel, picture in zip(panels, pictures, strict=True):
                x, y = panel.place(frame)
                canvas[y : y + PANEL_PX, x : x + PANEL_PX] = next(picture)
            yield canvas


def _pictures(path: Path, start: int) -> Iterator[np.ndarray]:
    """Frames of a source as panels; an empty room goes on for ever, back and forth."""
    if path.stem == EMPTY:
        room = [panel_of(frame.pixels)[0] for frame in read_frames(path)]
        while True:
            yield from room
            yield from room[::-1]
    for frame in islice(read_frames(path), start, None):
        yield panel_of(frame.pixels)[0]


def panel_of(pixels: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """A whole frame as a square panel with black bars; also the scale, and where its upper left corner lies."""
    height, width = pixels.shape[:2]
    scale = PANEL_PX / max(height, width)
    size = np.array([round(width * scale), round(height * scale)])
    corner = (PANEL_PX - size) // 2
    panel = np.zeros((PANEL_PX, PANEL_PX, 3), np.uint8)
    small = cv2.resize(pixels, tuple(int(side) for side in size), interpolation=cv2.INTER_AREA)
    panel[corner[1] : corner[1] + size[1], corner[0] : corner[0] + size[0]] = small
    return panel, scale, corner


@cache
def _alone(path: Path) -> dict[int, np.ndarray]:
    """Boxes float (4,) in panel pixels of the one person of a source clip, by frame."""
    timeline = Pipeline(AnalysisOptions(detect_every=1, identity_weights="none", segments=False)).run(path).timeline
    _, scale, corner = panel_of(next(read_frames(path)).pixels)
    faces = timeline.faces.assign(area=lambda t: (t["x2"] - t["x1"]) * (t["y2"] - t["y1"]))
    largest = faces.sort_values("area").drop_duplicates("frame_index", keep="last").set_index("frame_index")
    boxes = largest[BOX].to_numpy(float) * scale + np.tile(corner, 2)
    return dict(zip(largest.index.tolist(), boxes, strict=True))


def truth_of(scene: Scene, folder: Path) -> pd.DataFrame:
    """Who is where: columns frame_index, person (a source's name) and the box."""
    rows, first = [], 0
    for frames, panels in scene.shots:
        for frame in range(frames):
            places = [np.array([*panel.place(frame)] * 2) for panel in panels]
            for number, (panel, place) in enumerate(zip(panels, places, strict=True)):
                box = (
                    _alone(find_clip(folder, panel.source)).get(panel.start + frame) if panel.source != EMPTY else None
                )
                if box is None or _hidden(box + place, places[number + 1 :]):
                    continue
                rows.append((first + frame, panel.source, *(box + place)))
        first += frames
    return pd.DataFrame(rows, columns=["frame_index", "person", *BOX])


PUPPET_BOX = (2.36, 0.37)
"""A face box's side in eye distances, and the height of the eyes in it (as BlazeFace sets it on real faces)."""

PUPPET_SCALES = (0.66, 0.71)
"""Of the two people in the sample corpus's crossings; the second passes in front."""


def synthetic_crossings(folder: Path, seed: int = 0) -> dict[str, tuple[Path, pd.DataFrame]]:
    """The sample corpus's crossings (synthetic), filmed into a folder, with their truth, by name.

    The corpus knows the middle between the eyes; the box around it is drawn as BlazeFace does.
    """
    cast, scenes = make_cast(2 * len(script.CROSSINGS), seed), {}
    for pair, emotions in zip(zip(cast[::2], cast[1::2], strict=True), script.CROSSINGS, strict=True):
        played = script.crossing(pair, emotions, seed)
        path = folder / played[0].truth.file
        write_video(path, script.film(played, script.CROSSING_SIZE_PX, seed), script.FPS)
        scenes[path.stem] = path, _truth_of_synthetic_faces([part.truth for part in played])
    return scenes


def _truth_of_synthetic_faces(truths: list[script.Truth]) -> pd.DataFrame:
    tables = []
    for truth, scale in zip(truths, PUPPET_SCALES, strict=True):
        side = PUPPET_BOX[0] * scale * abs(EYES_X[1] - EYES_X[0])
        x, y = np.array(truth.eyes_x) - side / 2, np.array(truth.eyes_y) - side * PUPPET_BOX[1]
        boxes = pd.DataFrame(np.column_stack([x, y, x + side, y + side]), columns=BOX)
        tables.append(boxes.assign(person=truth.subject_id, frame_index=range(truth.frames)))
    behind, front = (table[BOX].to_numpy() for table in tables)
    low, high = np.maximum(behind[:, :2], front[:, :2]), np.minimum(behind[:, 2:], front[:, 2:])
    covered = np.clip(high - low, 0, None).prod(axis=1) / (behind[:, 2:] - behind[:, :2]).prod(axis=1)
    return pd.concat([tables[0][covered <= HIDDEN_FROM], tables[1]], ignore_index=True)


def _hidden(box: np.ndarray, fronts: list[np.ndarray]) -> bool:
    for front in fronts:
        low, high = np.maximum(box[:2], front[:2]), np.minimum(box[2:], front[:2] + PANEL_PX)
        if np.prod(np.clip(high - low, 0, None)) > HIDDEN_FROM * np.prod(box[2:] - box[:2]):
            return True
    return False


@dataclass(frozen=True)
class Score:
    """IDF1, identity switches, people found and true people."""

    idf1: float
    switches: int
    found: int
    true: int


def score(truth: pd.DataFrame, faces: pd.DataFrame) -> Score:
    """Compare a timeline's faces with the truth, by `person_id`."""
    from trackeval.metrics import CLEAR, Identity

    data = _as_trackeval(truth, faces)
    identity = Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    clear = CLEAR({"PRINT_CONFIG": False}).eval_sequence(data)
    return Score(float(identity["IDF1"]), int(clear["IDSW"]), data["num_tracker_ids"], data["num_gt_ids"])


def _as_trackeval(truth: pd.DataFrame, faces: pd.DataFrame) -> dict:
    """Both sides as TrackEval wants them: ids from 0 and overlaps, frame by frame."""
    last = int(pd.concat([truth["frame_index"], faces["frame_index"]]).max())
    true, seen = (
        (t["frame_index"].to_numpy(), pd.factorize(t[c])[0], t[BOX].to_numpy(float))
        for t, c in ((truth, "person"), (faces, "person_id"))
    )
    data: dict = {"gt_ids": [], "tracker_ids": [], "similarity_scores": [], "num_timesteps": last + 1}
    for frame in range(last + 1):
        (true_ids, true_boxes), (seen_ids, seen_boxes) = (
            (ids[index == frame], boxes[index == frame]) for index, ids, boxes in (true, seen)
        )
        data["gt_ids"].append(true_ids)
        data["tracker_ids"].append(seen_ids)
        data["similarity_scores"].append(intersection_over_union(true_boxes, seen_boxes))
    counts = {"gt": true[1], "tracker": seen[1]}
    for side, ids in counts.items():
        data |= {f"num_{side}_dets": len(ids), f"num_{side}_ids": len(set(ids.tolist()))}
    return data
