"""Groups and small faces: a detector that looks at a whole frame sees neither; looking at parts of the frame does.

A network such as BlazeFace sees a frame scaled down to 128 pixels, and finds faces down to a share of its side: its
reach. A closer look goes through the frame in square tiles that overlap, coarse ones first, and joins what it finds.

Looking closer takes time, so it is done where there is reason to: where the whole frame shows several faces, faintly
seen ones, ones near the reach, or none. Where it brings nothing, it is tried ever more seldom. A single large face is
looked behind in the first frame and now and then, which costs about a hundredth of the analysis.
"""

from dataclasses import dataclass, field

import numpy as np

from emo_utils.faces.boxes import intersection_over_union
from emo_utils.faces.detector import FaceDetector
from emo_utils.faces.tracker import SURE
from emo_utils.structures import Detections

MOST_FACES = 50
"""Kept in a frame, the surest ones."""

LEVELS = (2, 4)
"""Tiles of a level are squares whose side is the frame's longer one divided by this."""

SMALLEST_TILE_PX = 160
"""Smaller tiles show the network hardly more than it saw before."""

OVERLAP = 1 / 3
"""Of tiles, in shares of their side: a face up to that size lies whole in one of them."""

NEAR_LIMIT = 1.5
"""Faces smaller than this many times the smallest that can be found make it likely that others were missed."""

NEAR_REACH = 1.8
"""A face smaller than this many times the reach makes smaller ones likely."""

LONGEST_WAIT = 25
"""Detections between closer looks where these keep bringing nothing; five seconds, at the default rate."""

CHECK_DEPTH = 10
"""Closer looks between those that try the finest tiles again, where these brought nothing more."""

BEHIND_A_FACE = 50
"""Detections between closer looks where one face stands large and sure."""

SURE_IN_TILE = 0.75
"""Confidence of a find in a tile that counts. Many looks at a frame give many chances of a false find: an empty scene
gave up to 0.72 in tiles; faces of groups give 0.75 to 0.98."""

SAME = 0.3
"""Overlap of two boxes from which they are one face."""

PART = 0.4
"""A find inside a larger one is a part of that face if its side is less than this share of the larger; else the larger
is several faces taken for one."""


@dataclass
class GroupDetector:
    """A detector that looks closer where faces are small or many. Make one per clip; feed it the frames in order.

    Attributes:
        detector: with a `reach`, the smallest face that it finds as a share of a picture's longer side.
        smallest_px: side of the smallest sure face so far, in pixels; None before the first.
        limit_px: side under which faces were not looked for, in pixels.
        most: faces in one frame so far.
    """

    detector: FaceDetector
    smallest_px: float | None = None
    limit_px: float = 0.0
    most: int = 0
    _until_look: int = 0
    _wait: int = 1
    _last_count: int = field(default=-1, repr=False)
    _looks: int = field(default=0, repr=False)
    _depth: int = field(default=len(LEVELS), repr=False)

    @property
    def name(self) -> str:
        """Of the detector within."""
        return self.detector.name

    def detect(self, pixels: np.ndarray) -> Detections:
        """See `FaceDetector.detect`."""
        whole = self.detector.detect(pixels)
        if self.reach is None:
            return whole
        longer = max(pixels.shape[:2])
        plain = len(whole) == 1 and whole.confidence[0] >= SURE and smallest(whole) > NEAR_REACH * self.reach * longer
        if sure(whole) != self._last_count and not plain:
            self._wait = 1
            self._until_look = min(self._until_look, 1)
        self._last_count = sure(whole)
        self._until_look -= 1
        found = whole
        if self._until_look <= 0:
            found = self.look_closer(pixels, whole)
            more = sure(found) > sure(whole)
            self._wait = 1 if more else BEHIND_A_FACE if plain else min(2 * self._wait, LONGEST_WAIT)
            self._until_look = self._wait
        self._note(found, longer)
        return found

    @property
    def reach(self) -> float | None:
        """Of the detector within; None: it looks at every scale itself, and nothing is added here."""
        return self.detector.reach

    def warnings(self) -> list[str]:
        """Sentences on faces that may have been missed, for a clip that was seen to its end."""
        found = []
        if self.smallest_px is not None and self.smallest_px < NEAR_LIMIT * self.limit_px:
            found.append(
                f"has faces down to {self.smallest_px:.0f} pixels, near the {self.limit_px:.0f} that the detector "
                f"{self.name} finds; smaller ones may be missing: try --detector retinaface"
            )
        if self.most >= MOST_FACES:
            found.append(f"has {MOST_FACES} faces or more in a frame; of more, only the surest {MOST_FACES} are kept")
        return found

    def look_closer(self, pixels: np.ndarray, whole: Detections) -> Detections:
        """What the whole frame and its tiles show; finer tiles only where coarser ones show faces near the reach."""
        if self._looks % CHECK_DEPTH == 0:
            self._depth = len(LEVELS)
        self._looks += 1
        found, longer = whole, max(pixels.shape[:2])
        for depth, level in enumerate(LEVELS[: self._depth], start=1):
            side = round(longer / level)
            if side < SMALLEST_TILE_PX:
                break
            before = sure(found)
            found = joined([found, *(self._in_tile(pixels, place, side) for place in tiles(pixels.shape[:2], side))])
            self.limit_px = self.reach * side
            if before and sure(found) <= before:
                self._depth = max(1, depth - 1)
            if sure(found) and smallest(found) > NEAR_REACH * self.limit_px:
                break
        return found

    def _in_tile(self, pixels: np.ndarray, place: tuple[int, int], side: int) -> Detections:
        """Sure finds in one tile, in the frame's pixels; without those that its edges cut."""
        top, left = place
        tile = pixels[top : top + side, left : left + side]
        found = self.detector.detect(np.ascontiguousarray(tile))
        if not len(found):
            return found
        height, width = tile.shape[:2]
        edges = np.array([left > 0, top > 0, left + width < pixels.shape[1], top + height < pixels.shape[0]])
        gaps = np.column_stack([found.boxes[:, :2], [width, height] - found.boxes[:, 2:]])
        cut = ((gaps < 0.02 * side) & edges).any(axis=1)
        kept = _rows(found, np.flatnonzero((found.confidence >= SURE_IN_TILE) & ~cut))
        return _moved(kept, left, top)

    def _note(self, found: Detections, longer: int) -> None:
        self.most = max(self.most, len(found))
        if sure(found):
            least = smallest(found)
            self.smallest_px = least if self.smallest_px is None else min(self.smallest_px, least)
        self.limit_px = self.limit_px or self.reach * longer

    def close(self) -> None:
        """See `FaceDetector.close`."""
        self.detector.close()


def tiles(shape: tuple[int, int], side: int) -> list[tuple[int, int]]:
    """Top and left of squares that cover a frame (height, width), evenly spread, with at least `OVERLAP`."""

    def places(length: int) -> np.ndarray:
        if length <= side:
            return np.zeros(1, int)
        count = int(np.ceil((length - side) / (side * (1 - OVERLAP)))) + 1
        return np.linspace(0, length - side, count).round().astype(int)

    return [(int(top), int(left)) for top in places(shape[0]) for left in places(shape[1])]


def joined(parts: list[Detections]) -> Detections:
    """One detection per face of several overlapping looks; the surest, and no more than `MOST_FACES`."""
    found = _one_after_the_other([part for part in parts if len(part)])
    sides = np.sqrt(np.prod(found.boxes[:, 2:] - found.boxes[:, :2], axis=1))
    overlap = intersection_over_union(found.boxes, found.boxes) if len(found) else np.empty((0, 0))
    kept: list[int] = []
    for row in np.argsort(-found.confidence, kind="stable"):
        if all(overlap[row, other] < SAME and not _nested(found.boxes, sides, row, other) for other in kept):
            kept.append(int(row))
    return _rows(found, np.array(kept[:MOST_FACES], int))


def _nested(boxes: np.ndarray, sides: np.ndarray, one: int, other: int) -> bool:
    """Whether one of two finds has its centre in the other."""
    centres = (boxes[[one, other], :2] + boxes[[one, other], 2:]) / 2
    inside = [
        (boxes[second, :2] < centre).all() and (centre < boxes[second, 2:]).all()
        for centre, second in zip(centres, (other, one), strict=True)
    ]
    return inside[0] if sides[one] < sides[other] else inside[1]


def _rows(found: Detections, rows: np.ndarray) -> Detections:
    keypoints = None if found.keypoints is None else found.keypoints[rows]
    return Detections(found.boxes[rows], found.confidence[rows], keypoints)


def _moved(found: Detections, left: int, top: int) -> Detections:
    by = np.array([left, top], np.float32)
    keypoints = None if found.keypoints is None else found.keypoints + by
    return Detections(found.boxes + np.tile(by, 2), found.confidence, keypoints)


def _one_after_the_other(parts: list[Detections]) -> Detections:
    if not parts:
        return Detections.empty()
    keypoints = [part.keypoints for part in parts]
    joined_keypoints = None if any(k is None for k in keypoints) else np.concatenate(keypoints)
    boxes, confidence = np.concatenate([p.boxes for p in parts]), np.concatenate([p.confidence for p in parts])
    return Detections(boxes, confidence, joined_keypoints)


def smallest(found: Detections) -> float:
    """Side of the smallest sure face in pixels; 0 without one."""
    sides = np.sqrt(np.prod(found.boxes[:, 2:] - found.boxes[:, :2], axis=1))[found.confidence >= SURE]
    return float(sides.min()) if len(sides) else 0.0


def sure(found: Detections) -> int:
    """How many sure faces there are."""
    return int((found.confidence >= SURE).sum())
