"""Forms of a baseline on real clips of speaking people, also where most of a person's clips show one emotion.

Every clip is read once. Then clips of each person are drawn, with replacement, so that one emotion makes up a given
share of them, and each form names the emotion of each drawn clip. Constants are chosen on other people: a person's
figure is that of the constants which were best for the other half of the people. Accuracy over the emotions that corpus
and weights share, mean over people and draws.

    python benchmarks/baselines.py --weights ferplus-int8 --corpus javanese
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.stats import trim_mean

from emo_utils.datasets.registry import corpora
from emo_utils.evaluation.evaluate_clips import candidates, read_clips
from emo_utils.faces.detector import DEFAULT
from emo_utils.inference import baseline
from emo_utils.inference.weights import find_weights

SHARES = (None, 0.3, 0.5, 0.7, 0.9)
"""Shares of one emotion in a person's clips; None: all clips of the corpus."""

CLIPS = 24
"""Number of clips drawn for each person."""


def forms(profiles: np.ndarray) -> dict[str, list[Callable]]:
    """By name, the variants among which the constants are chosen: (clips (K, C), collection (C,)) -> offset (C,)."""

    def shares(gain: float, strength: int) -> Callable:
        def estimate(clips, collection):
            return baseline.person_offset(clips, collection, profiles, gain, strength)[0]

        return estimate

    def shrunk(strength: int) -> Callable:
        return lambda clips, collection: baseline.person_offset(clips, collection, None, strength=strength)[0]

    return {
        "none": [lambda clips, collection: np.zeros(clips.shape[1])],
        "collection": [lambda clips, collection: collection],
        "person, bare mean": [lambda clips, collection: clips.mean(axis=0)],
        "person, median": [lambda clips, collection: np.median(clips, axis=0)],
        "person, trimmed mean": [lambda clips, collection: trim_mean(clips, 0.2, axis=0)],
        "person, shrunk mean": [shrunk(strength) for strength in (2, 4, 8, 16)],
        "person, with shares": [shares(gain, strength) for gain in (0.15, 0.25, 0.35) for strength in (2, 4, 8)],
    }


def draw(labels: np.ndarray, rows: np.ndarray, share: float | None, rng: np.random.Generator) -> np.ndarray:
    """Random rows of one person's clips, a given share of them of one emotion."""
    if share is None:
        return rows
    emotion = rng.choice(labels[rows])
    count = rng.binomial(CLIPS, share)
    same, others = rows[labels[rows] == emotion], rows[labels[rows] != emotion]
    return np.concatenate([rng.choice(same, count), rng.choice(others, CLIPS - count)])


def accuracies(z, labels, people, variants, draws: int) -> dict:
    """Accuracy by (share, variant, person): float (draws,)."""
    found: dict = {}
    names = sorted(set(people))
    for share in SHARES:
        rng = np.random.default_rng(0)
        for _ in range(1 if share is None else draws):
            taken = {name: draw(labels, np.flatnonzero(people == name), share, rng) for name in names}
            collection = np.concatenate([z[rows] for rows in taken.values()]).mean(axis=0)
            for name, rows in taken.items():
                for number, form in enumerate(variants):
                    right = (z[rows] - form(z[rows], collection)).argmax(axis=1) == labels[rows]
                    found.setdefault((share, number, name), []).append(right.mean())
    return found


def nested(found: dict, variants: int, names: list[str]) -> dict:
    """By share: accuracy over people, each under the variant that was best, over all shares, for the other half."""
    halves = [names[::2], names[1::2]]
    result: dict = {}
    for own, other in (halves, halves[::-1]):

        def score(number: int, other=other) -> float:
            return np.mean([np.mean(found[share, number, name]) for share in SHARES for name in other])

        best = max(range(variants), key=score)
        for share in SHARES:
            result.setdefault(share, []).extend(np.mean(found[share, best, name]) for name in own)
    return {share: float(np.mean(values)) for share, values in result.items()}


def main() -> None:
    """Read the clips, then print a row per form."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default="ferplus-int8")
    parser.add_argument("--corpus", default="javanese")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--pooling", choices=("quartile", "mean"), default="quartile")
    parser.add_argument("--draws", type=int, default=12)
    args = parser.parse_args()
    weights = find_weights(args.weights)
    classes = candidates(weights, args.corpus)
    clips = corpora.create(args.corpus, **({"root": args.root} if args.root else {})).index()
    read = read_clips([clip for clip in clips if clip.emotion in classes], weights, classes, DEFAULT, None)
    z = np.stack(read.log_means if args.pooling == "mean" else read.log_quartiles)
    labels = np.array([classes.index(clip.emotion) for clip in read.clips])
    people = np.array([clip.subject_id for clip in read.clips])
    profiles = baseline.centred_profiles(weights.profiles, classes)
    print(f"{args.weights} on {args.corpus}: {len(z)} clips, {len(set(people))} people, {len(classes)} emotions")
    print(f"{'form':22}" + "".join(f"{'as it is' if share is None else share:>10}" for share in SHARES))
    for name, variants in forms(profiles).items():
        by_share = nested(accuracies(z, labels, people, variants, args.draws), len(variants), sorted(set(people)))
        print(f"{name:22}" + "".join(f"{by_share[share]:10.3f}" for share in SHARES), flush=True)


if __name__ == "__main__":
    main()
