"""Predicted emotions of whole clips under the training prior, a uniform prior, and priors between the two.

    python benchmarks/labelled_clips.py [--clips FOLDER] [--weights NAME ...]

The clips are named after their emotion, or lie in folders so named. Each is read once, as the weights were trained; a
strength tau of 0 to 1 then divides its probabilities by the training shares to the power of tau: 0 is as trained, 1 is
the uniform prior. From there on everything is as in `emo analyze`: smoothing, segments, names. A clip is named in
several ways (`WAYS`). Seven clips are no benchmark: nothing finer than a clip or two can be read from them.
"""

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.prior import UNIFORM, change_prior, prior_ratio
from emo_utils.inference.segmenting import ClipMotion, name_segments
from emo_utils.inference.smoothing import smooth
from emo_utils.inference.weights import DEFAULT, Weights, find_weights
from emo_utils.motion.rules import COMBINED
from emo_utils.reports.clips.summary import summarise
from emo_utils.suffixes import VIDEO_SUFFIXES
from emo_utils.timeline import Timeline

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared"))
RESULTS = Path(__file__).parent / "results" / "labelled_clips.json"
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
SMOOTHED_S = AnalysisOptions.smoothing_s


@dataclass(frozen=True)
class Reading:
    """A clip, its emotion, and its analysis."""

    name: str
    emotion: str
    timeline: Timeline = field(repr=False)
    motion: ClipMotion = field(repr=False)

    @property
    def probabilities(self) -> np.ndarray:
        """Probabilities of each frame without smoothing, float (T, C), a row per face."""
        return self.timeline.faces[[f"p_{name}" for name in self.timeline.classes]].to_numpy(float)


def labelled_clips(folder: Path, classes: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Videos whose stem begins with an emotion, or whose folder is called so."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in VIDEO_SUFFIXES):
        named = [emotion for emotion in classes if path.stem.startswith(emotion) or path.parent.name == emotion]
        if named:
            yield path, named[0]


def read_clips(folder: Path, weights: str) -> tuple[Weights, list[Reading]]:
    """Analyse every clip once, under the training prior."""
    about = find_weights(weights)
    pipeline = Pipeline(AnalysisOptions(weights, identity_weights="none", prior=about.corpus))
    found = labelled_clips(folder, about.classes)
    results = [(path.name, emotion, pipeline.run(path)) for path, emotion in found]
    return about, [Reading(name, emotion, result.timeline, result.traces) for name, emotion, result in results]


def under(reading: Reading, ratio: np.ndarray) -> Reading:
    """The reading as if the network's probabilities had been multiplied by `ratio` (C,)."""
    timeline, columns = reading.timeline, [f"p_{name}" for name in reading.timeline.classes]
    table, rows = timeline.table.copy(), timeline.faces.index
    table.loc[rows, columns] = change_prior(reading.probabilities, ratio)
    for _, track in table.loc[rows].groupby("track_id"):
        read = track[columns].to_numpy(float)
        smoothed = smooth(read, track["time_s"].to_numpy(), AnalysisOptions.smoothing, SMOOTHED_S)
        table.loc[track.index, [f"smoothed_{name}" for name in columns]] = smoothed
        for prefix, values in (("", read), ("smoothed_", smoothed)):
            table.loc[track.index, f"{prefix}emotion"] = np.array(timeline.classes, object)[values.argmax(axis=1)]
            table.loc[track.index, f"{prefix}confidence"] = values.max(axis=1)
    faces = []
    for face in reading.motion.faces:
        trace = face.trace
        faces.append(face.with_trace(replace(trace, probabilities=change_prior(trace.probabilities, ratio))))
    return replace(reading, timeline=replace(timeline, table=table), motion=ClipMotion(tuple(faces)))


def by_mean(reading: Reading) -> dict[str, float]:
    """Mean over the frames with a face; smoothing over time hardly changes it."""
    return dict(zip(reading.timeline.classes, reading.probabilities.mean(axis=0), strict=True))


def by_time(reading: Reading) -> dict[str, float]:
    """Share of time after smoothing: what `summary.json` calls the dominant emotion."""
    return longest_seen(reading)["share_of_time"]


def by_frames(reading: Reading) -> dict[str, float]:
    """Share of the frames, each by itself."""
    return reading.timeline.faces["emotion"].value_counts(normalize=True).to_dict()


def by_apex(reading: Reading) -> dict[str, float]:
    """The apex frame of the strongest segment; the mean of all frames where no segment was found."""
    found = name_segments(reading.motion.read(COMBINED)[0], reading.timeline)
    strongest = max(found, key=lambda segment: segment.strength, default=None)
    return {strongest.emotion: strongest.confidence} if strongest else by_mean(reading)


def by_segment(reading: Reading) -> dict[str, float]:
    """The mean over the frames of the strongest segment; likewise."""
    found = name_segments(reading.motion.read(COMBINED)[0], reading.timeline)
    strongest = max(found, key=lambda segment: segment.strength, default=None)
    return {strongest.pooled_emotion: strongest.pooled_confidence} if strongest else by_mean(reading)


WAYS = {
    "mean": by_mean,
    "share of time": by_time,
    "share of frames": by_frames,
    "strongest apex": by_apex,
    "strongest segment": by_segment,
}
"""The ways to name a whole clip; each gives scores of emotions."""


def longest_seen(reading: Reading) -> dict:
    """The summary of the person who is seen longest."""
    return max(summarise(reading.timeline)["people"], key=lambda person: person["seen_s"])


def measure(weights: Weights, readings: list[Reading]) -> pd.DataFrame:
    """A row per clip, strength and way: the expression named, its score, and the true one's."""
    ratio = prior_ratio(UNIFORM, weights.corpus, weights.prior, weights.classes, weights.sharpness)
    rows = []
    for tau in STRENGTHS:
        for reading in readings:
            changed = under(reading, ratio**tau)
            for way, score in WAYS.items():
                scores = score(changed)
                named = max(scores, key=scores.get)
                about = {"weights": weights.name, "tau": tau, "way": way, "clip": reading.name}
                found = {"emotion": reading.emotion, "named": named, "score": scores[named]}
                rows.append({**about, **found, "true_score": scores.get(reading.emotion, 0.0)})
    return pd.DataFrame(rows)


def in_columns(table: pd.DataFrame, columns: str, values: str) -> pd.DataFrame:
    """A row per clip, a column per value of `columns`."""
    return table.pivot_table(index="clip", columns=columns, values=values, aggfunc="first")


def show(table: pd.DataFrame) -> None:
    """Print the names under both priors, and how many are right by strength."""
    priors = {0.0: "as trained", 1.0: "uniform"}
    for tau, prior in priors.items():
        rows = table[table["tau"] == tau]
        text = rows["named"] + rows["score"].map(" {:.2f}".format)
        cells = rows.assign(text=text.where(rows["named"] != rows["emotion"], text + " *"))
        print(f"\nprior {prior}; * is right\n{in_columns(cells, 'way', 'text')[list(WAYS)]}")
    right = table.assign(right=table["named"] == table["emotion"])
    counts = right.pivot_table(index="way", columns="tau", values="right", aggfunc="sum").loc[list(WAYS)]
    print(f"\nright of {table['clip'].nunique()}, by strength of the adjustment\n{counts}")
    means = in_columns(table[table["way"] == "mean"], "tau", "true_score")
    print(f"\nmean probability of the true emotion\n{means.round(2)}\nall clips\n{means.mean().round(3).to_dict()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=SHARED / "clips" / "labelled")
    parser.add_argument("--weights", action="append", help=f"may be given again (default: {DEFAULT})")
    arguments = parser.parse_args()
    if not arguments.clips.is_dir():
        print(f"labelled_clips: skipped, no clips in {arguments.clips}; set EMO_SHARED_DIR or name a folder")
        return
    tables = []
    pd.set_option("display.width", 200, "display.max_columns", 20)
    for name in arguments.weights or [DEFAULT]:
        tables.append(measure(*read_clips(arguments.clips, name)))
        print(f"\n== {name}")
        show(tables[-1])
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(pd.concat(tables).to_dict("records"), indent=1) + "\n")
    print(f"\nwritten to {RESULTS}")


if __name__ == "__main__":
    main()
