"""Detection of groups and of small faces: the detector also runs on square tiles of the frame.

A network such as BlazeFace scales the frame down to 128 pixels. It finds faces down to a certain share of the frame's
longer side, its `reach`. Tiled detection runs the detector on overlapping tiles, large tiles first, and merges the
detections.

Tiled detection takes time. It runs where the whole frame shows several faces, faces of low confidence, faces near the
reach, or no face. Where tiles add no face, the interval to the next try is doubled. With one large face, it runs in the
first frame and then rarely, which costs about 1 % of the analysis time.
"""

from dataclasses import dataclass, field

import numpy as np

from emo_utils.faces.boxes import intersection_over_union
from emo_utils.faces.detector import FaceDetector
from emo_utils.faces.tracker import SURE
from emo_utils.structures import Detections

MOST_FACES = 50
"""Largest number of faces per frame; those of the highest confidence are kept."""

LEVELS = (2, 4)
"""The side of the square tiles of each level is the frame's longer side divided by this number."""

SMALLEST_TILE_PX = 160
"""Smaller tiles give the network hardly more detail than the level before."""

OVERLAP = 1 / 3
"""Overlap of neighbouring tiles, as a share of their side. A face up to this size lies completely in one tile."""

NEAR_LIMIT = 1.5
"""A warning is given if the smallest face is smaller than this many times the detection limit."""

NEAR_REACH = 1.8
"""If the smallest face is smaller than this many times the reach, smaller faces are likely."""

LONGEST_WAIT = 25
"""Largest interval of tiled detection while it adds no face, in detections; five seconds at the default rate."""

CHECK_DEPTH = 10
"""Where the smallest tiles add no face, they are tried again in every n-th tiled detection."""

WAIT_WITH_LARGE_FACE = 50
"""Interval of tiled detection, in detections, while the frame shows one large face of high confidence."""

SURE_IN_TILE = 0.75
"""Smallest confidence of a detection in a tile. With many tiles, false detections are more likely: an empty scene gave
up to 0.72 in tiles; faces of groups give 0.75 to 0.98."""

SAME = 0.3
"""Two boxes with at least this overlap are one face."""


@dataclass
class GroupDetector:
    """A detector with tiled detection for small faces and groups. Create one per clip; give it the frames in order.

    Attributes:
        detector: the detector that runs on frames and tiles.
        smallest_px: side of the smallest face of high confidence so far, in pixels; None before the first.
        limit_px: detection limit: the smallest face side that the last search could find, in pixels.
        most: largest number of faces in one frame so far.
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
        """Name of the inner detector."""
        return self.detector.name

    def detect(self, pixels: np.ndarray) -> Detections:
        """See `FaceDetector.detect`."""
        whole = self.detector.detect(pixels)
        if self.reach is None:
            return whole
        longer = max(pixels.shape[:2])
        limit = NEAR_REACH * self.reach * longer
        one_large_face = len(whole) == 1 and whole.confidence[0] >= SURE and smallest(whole) > limit
        if sure(whole) != self._last_count and not one_large_face:
            self._wait = 1
            self._until_look = min(self._until_look, 1)
        self._last_count = sure(whole)
        self._until_look -= 1
        found = whole
        if self._until_look <= 0:
            found = self.look_closer(pixels, whole)
            more = sure(found) > sure(whole)
            longer_wait = WAIT_WITH_LARGE_FACE if one_large_face else min(2 * self._wait, LONGEST_WAIT)
            self._wait = 1 if more else longer_wait
            self._until_look = self._wait
        self._update_statistics(found, longer)
        return found

    @property
    def reach(self) -> float | None:
        """Reach of the inner detector. None: it searches all scales, and no tiles are used."""
        return self.detector.reach

    def warnings(self) -> list[str]:
        """Warnings about faces that may have been missed; call it after the last frame of the clip."""
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
        """Faces of the frame and its tiles. Smaller tiles are used only where larger ones show faces near the reach."""
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
        """Detections of high confidence in one tile, in frame pixels, without those cut by the tile's edges."""
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

    def _update_statistics(self, found: Detections, longer: int) -> None:
        self.most = max(self.most, len(found))
        if sure(found):
            least = smallest(found)
            self.smallest_px = least if self.smallest_px is None else min(self.smallest_px, least)
        self.limit_px = self.limit_px or self.reach * longer

    def close(self) -> None:
        """See `FaceDetector.close`."""
        self.detector.close()


def tiles(shape: tuple[int, int], side: int) -> list[tuple[int, int]]:
    """Top and left of evenly spaced square tiles that cover a frame (height, width), with at least `OVERLAP`."""

    def places(length: int) -> np.ndarray:
        if length <= side:
            return np.zeros(1, int)
        count = int(np.ceil((length - side) / (side * (1 - OVERLAP)))) + 1
        return np.linspace(0, length - side, count).round().astype(int)

    return [(int(top), int(left)) for top in places(shape[0]) for left in places(shape[1])]


def joined(parts: list[Detections]) -> Detections:
    """Merge overlapping detections: keep that of the highest confidence per face, at most `MOST_FACES`."""
    found = _concatenated([part for part in parts if len(part)])
    sides = np.sqrt(np.prod(found.boxes[:, 2:] - found.boxes[:, :2], axis=1))
    overlap = intersection_over_union(found.boxes, found.boxes) if len(found) else np.empty((0, 0))
    kept: list[int] = []
    for row in np.argsort(-found.confidence, kind="stable"):
        if all(overlap[row, other] < SAME and not _nested(found.boxes, sides, row, other) for other in kept):
            kept.append(int(row))
    return _rows(found, np.array(kept[:MOST_FACES], int))


def _nested(boxes: np.ndarray, sides: np.ndarray, one: int, other: int) -> bool:
    """Whether the smaller of two detections has its centre in the larger one."""
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


def _concatenated(parts: list[Detections]) -> Detections:
    if not parts:
        return Detections.empty()
    keypoints = [part.keypoints for part in parts]
    joined_keypoints = None if any(k is None for k in keypoints) else np.concatenate(keypoints)
    boxes, confidence = np.concatenate([p.boxes for p in parts]), np.concatenate([p.confidence for p in parts])
    return Detections(boxes, confidence, joined_keypoints)


def smallest(found: Detections) -> float:
    """Side of the smallest face of high confidence, in pixels; 0 without one."""
    sides = np.sqrt(np.prod(found.boxes[:, 2:] - found.boxes[:, :2], axis=1))[found.confidence >= SURE]
    return float(sides.min()) if len(sides) else 0.0


def sure(found: Detections) -> int:
    """Number of faces of high confidence."""
    return int((found.confidence >= SURE).sum())
