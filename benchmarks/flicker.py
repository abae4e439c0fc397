"""How much predictions flicker from one frame to the next, and how much of this is due to the framing of the face.

    python benchmarks/flicker.py [CLIP ...] [--weights NAME ...] [--framings NAME ...]

Flicker is the total variation distance between the probabilities of neighbouring frames of one face,
0.5 sum |p(t) - p(t - 1)|: its mean, its 95th percentile, and how often a second the named expression changes; of the
frames alone and after smoothing, under each prior. `still` takes only frames around which no part of the face moves
as far as a segment must (`SegmentRule.motion`) for half a second: nothing happens there, so a reading should stand.

Faces are found once and cut out again for every framing: as the pipeline tracks them, with a detection in every frame,
and both with keypoints averaged over time. What flickers with keypoints averaged over half a second is not the framing.
`same` is the share of the frames named as in the first framing, `true` the mean probability of a labelled
clip's emotion: what steadies a reading must not change it. Figures are pooled over all clips.
"""

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.faces.crops import crop_face
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.prior import UNIFORM, change_prior, prior_ratio
from emo_utils.inference.smoothing import smooth
from emo_utils.inference.weights import DEFAULT, Weights, find_weights
from emo_utils.motion.curve import FaceTrace
from emo_utils.motion.filters import gaussian
from emo_utils.motion.regions import WITHOUT_EYES
from emo_utils.motion.rules import COMBINED
from emo_utils.structures import InputSpec
from emo_utils.video import read_frames

ROOT = Path(__file__).resolve().parents[1]
CLIPS = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared")) / "clips"
DEFAULT_CLIPS = ("single_face.mp4", "two_people.gif", "expressive_d18.mp4", "expressive_d19.mp4", "expressive_d20.mp4")
RESULTS = Path(__file__).parent / "results" / "flicker.json"
BATCH = 64
STILL_FOR_S = 0.5
STILL_UNDER = COMBINED.motion * COMBINED.curve.full_motion
"""Mean displacement, in face sides, of the three parts that moved most; below it the package finds no expression."""


@dataclass(frozen=True)
class Framing:
    """Source of a face's keypoints: how often it is detected, and the Gaussian that averages them, in s."""

    detect_every: int | None = None
    averaged_s: float = 0.0


FRAMINGS = {
    "tracked": Framing(),
    "tracked, averaged 0.05 s": Framing(averaged_s=0.05),
    "tracked, averaged 0.5 s": Framing(averaged_s=0.5),
    "every frame": Framing(detect_every=1),
    "every frame, averaged 0.05 s": Framing(detect_every=1, averaged_s=0.05),
}
"""The first is the package's own. At 30 frames a second a Gaussian of 0.05 s averages over about five frames."""


@dataclass(frozen=True)
class Face:
    """One face of a clip over one piece of its track.

    Attributes:
        frame_index, time_s: int and float (T,).
        keypoints: float (T, 4, 2) in pixels.
        still: bool (T,).
    """

    frame_index: np.ndarray = field(repr=False)
    time_s: np.ndarray = field(repr=False)
    keypoints: np.ndarray = field(repr=False)
    still: np.ndarray = field(repr=False)


def find_faces(clip: Path, detect_every: int | None) -> list[Face]:
    """The faces of a clip as tracked by the pipeline."""
    options = AnalysisOptions(detect_every=detect_every, identity_weights="none")
    faces = []
    for found in Pipeline(options).run(clip).traces.faces:
        trace, keypoints = found.trace, found.keypoints.astype(float)
        faces.append(Face(trace.frame_index, trace.time_s, keypoints, is_still(trace)))
    return faces


def is_still(trace: FaceTrace) -> np.ndarray:
    """Whether no part moves far from its position in a frame for half of `STILL_FOR_S` before and after; bool (T,)."""
    places = gaussian(trace.displacement[:, WITHOUT_EYES], trace.time_s, 0.033)
    still = np.zeros(len(trace), bool)
    for row, time_s in enumerate(trace.time_s):
        around = places[np.abs(trace.time_s - time_s) <= STILL_FOR_S / 2]
        moved = np.sort(np.linalg.norm(around - places[row], axis=2), axis=1)[:, -3:].mean(axis=1)
        still[row] = moved.max() < STILL_UNDER
    return still


def crops_of(clip: Path, faces: Sequence[Face], specs: Sequence[InputSpec]) -> list[list[np.ndarray]]:
    """The crops uint8 (T, S, S) of each face for each spec; the clip is decoded once."""
    wanted: dict[int, list[tuple[int, int]]] = {}
    for number, face in enumerate(faces):
        for row, index in enumerate(face.frame_index):
            wanted.setdefault(int(index), []).append((number, row))
    crops = [[np.zeros((len(face.frame_index), spec.size, spec.size), np.uint8) for spec in specs] for face in faces]
    for frame in read_frames(clip):
        for number, row in wanted.get(frame.index, ()):
            for kept, spec in zip(crops[number], specs, strict=True):
                kept[row] = crop_face(frame.pixels, faces[number].keypoints[row], spec)
    return crops


def predict(engine: OnnxEngine, crops: np.ndarray) -> np.ndarray:
    """Probabilities float (T, C) of crops, in batches."""
    return np.concatenate([engine.predict(crops[i : i + BATCH]) for i in range(0, len(crops), BATCH)]).astype(float)


def priors_of(weights: Weights) -> dict[str, np.ndarray]:
    """Factors of the probabilities under each prior; `uniform` only where the sidecar holds the training prior."""
    same = {weights.corpus: np.ones(len(weights.classes))}
    return same | (
        {UNIFORM: prior_ratio(UNIFORM, weights.corpus, weights.prior, weights.classes, weights.sharpness)}
        if weights.prior
        else {}
    )


def framed_faces(clip: Path, framings: dict[str, Framing]) -> Iterator[tuple[str, Face]]:
    """Every face of a clip in every framing; faces are found once for each way of detecting."""
    found = {every: find_faces(clip, every) for every in {framing.detect_every for framing in framings.values()}}
    for name, framing in framings.items():
        for face in found[framing.detect_every]:
            yield name, replace(face, keypoints=gaussian(face.keypoints, face.time_s, framing.averaged_s))


def read_clip(clip: Path, framings: dict[str, Framing], engines: Sequence[OnnxEngine]) -> Iterator[dict]:
    """Columns by face, framing, weights, prior and kind; see `readings`."""
    names, faces = zip(*framed_faces(clip, framings), strict=True)
    crops = crops_of(clip, faces, [engine.weights.input_spec for engine in engines])
    for name, face, own in zip(names, faces, crops, strict=True):
        for engine, seen in zip(engines, own, strict=True):
            read, weights = predict(engine, seen), engine.weights
            for prior, ratio in priors_of(weights).items():
                about = {"clip": clip.name, "framing": name, "weights": weights.name, "prior": prior}
                yield from readings(face, change_prior(read, ratio), clip.stem, weights.classes, about)


def readings(face: Face, read: np.ndarray, truth: str, classes: tuple[str, ...], about: dict) -> Iterator[dict]:
    """A row per frame, alone and smoothed: its name, the true emotion's probability, the distance to the one before."""
    smoothed = smooth(read, face.time_s, AnalysisOptions.smoothing, AnalysisOptions.smoothing_s)
    joined = np.append(False, np.diff(face.frame_index) == 1)
    step_s = np.append(0.0, np.diff(face.time_s))
    still = face.still & np.append(False, face.still[:-1])
    for kind, values in (("frame", read), ("smoothed", smoothed)):
        named = values.argmax(axis=1)
        yield {
            **about,
            "kind": kind,
            "frame_index": face.frame_index,
            "distance": np.append(0.0, np.abs(np.diff(values, axis=0)).sum(axis=1) / 2),
            "changed": np.append(False, named[1:] != named[:-1]),
            "step_s": step_s,
            "joined": joined,
            "still": still,
            "named": named,
            "true": values[:, classes.index(truth)] if truth in classes else np.full(len(values), np.nan),
        }


def as_frames(blocks: Iterable[dict]) -> pd.DataFrame:
    """One row per frame of every block."""
    return pd.concat([pd.DataFrame(block) for block in blocks], ignore_index=True)


def measure(frames: pd.DataFrame) -> pd.DataFrame:
    """Figures by weights, prior, framing, kind and stretch, over all clips in `frames`."""
    first = frames[frames["framing"] == frames["framing"].iloc[0]]
    face = ["clip", "weights", "prior", "kind", "frame_index"]
    own = first.drop_duplicates(face).set_index(face)["named"].rename("first")  # of two people, the first in order
    rows = []
    for stretch in ("all", "still"):
        chosen = frames[frames["still"]] if stretch == "still" else frames
        for key, group in chosen.groupby(["weights", "prior", "kind", "framing"], sort=False):
            pairs = group[group["joined"]]
            compared = group.drop_duplicates(face).join(own, on=face, how="inner")
            rows.append(
                {
                    **dict(zip(["weights", "prior", "kind", "framing"], key, strict=True)),
                    "stretch": stretch,
                    "seconds": pairs["step_s"].sum(),
                    "mean": pairs["distance"].mean(),
                    "p95": pairs["distance"].quantile(0.95),
                    "changes_per_s": pairs["changed"].sum() / pairs["step_s"].sum(),
                    "same": (compared["named"] == compared["first"]).mean(),
                    "true": group.groupby("clip")["true"].mean().mean(),
                }
            )
    return pd.DataFrame(rows)


def show(table: pd.DataFrame) -> None:
    """Print the figures, the framings one under the other."""
    shown = ["framing", "seconds", "mean", "p95", "changes_per_s", "same", "true"]
    for key, part in table.groupby(["weights", "prior", "stretch", "kind"], sort=False):
        print(f"\n{', '.join(key)}\n{part[shown].round(4).to_string(index=False)}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="*", type=Path, help="default: the shared clips, the labelled ones among them")
    parser.add_argument("--weights", action="append", help=f"may be given again (default: {DEFAULT})")
    parser.add_argument("--framings", nargs="+", choices=list(FRAMINGS), default=list(FRAMINGS))
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    default = [*(CLIPS / name for name in DEFAULT_CLIPS), *sorted((CLIPS / "labelled").glob("*.mp4"))]
    clips = arguments.clips or [clip for clip in default if clip.exists()]
    if not clips:
        print(f"flicker: skipped, no clips in {CLIPS}; name a clip, or set EMO_SHARED_DIR")
        return
    engines = [OnnxEngine(find_weights(name), threads=1) for name in arguments.weights or [DEFAULT]]
    framings = {name: FRAMINGS[name] for name in arguments.framings}
    frames = pd.concat([as_frames(read_clip(clip, framings, engines)) for clip in clips], ignore_index=True)
    table = measure(frames)
    show(table)
    by_clip = pd.concat([measure(rows).assign(clip=clip) for clip, rows in frames.groupby("clip", sort=False)])
    RESULTS.parent.mkdir(exist_ok=True)
    results = {"pooled": table, "by_clip": by_clip}
    records = {name: json.loads(found.to_json(orient="records")) for name, found in results.items()}
    RESULTS.write_text(json.dumps(records, indent=1) + "\n")
    print(f"\nwritten to {RESULTS}")


if __name__ == "__main__":
    main()
