"""The figures of a model card, measured and written into it.

    python docs/cards.py ferplus ferplus-tiny

Reads FER+'s validation and test split with the shipped file, as `emo evaluate` does, and writes what it finds between
the two marks in `emo_utils/weights/<name>.md`; pictures go to `Assets/results/<name>_*.png`. The faces in them are
those of the synthetic sample corpus. Nothing is chosen here.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from emo_utils.datasets.corpora.sample import CLASSES as SAMPLE_CLASSES
from emo_utils.datasets.corpora.sample import SampleCorpus
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.synthetic.cast import make_cast
from emo_utils.evaluation.coverage import coverage_curve
from emo_utils.evaluation.evaluate import evaluate_weights
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import arrays, read_predictions
from emo_utils.faces.crops import crop_face
from emo_utils.faces.detector import create_detector
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.prior import UNIFORM, change_prior, prior_ratio
from emo_utils.inference.weights import SHIPPED, Weights, find_weights
from emo_utils.reports.chart_style import STYLE
from emo_utils.reports.clips.pictures import frame_at, strip
from emo_utils.reports.runs.comparison import draw_reliability
from emo_utils.reports.runs.confusion import confusion_grid
from emo_utils.video import read_frames

BEGIN, END = "<!-- figures: docs/cards.py -->", "<!-- end of figures -->"
RESULTS = Path(__file__).resolve().parents[1] / "Assets" / "results"
OTHER_FRAMINGS = {
    "asis": "test by plurality, as the pictures are alone (`--faces asis`)",
    "detect": "test by plurality, cut out anew alone (`--faces detect`)",
}
"""What is told of each framing alone, where weights are calibrated for both together."""

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How much of the way from FER+'s prior to the uniform one."""


def percent(value: float) -> str:
    """One digit after the point."""
    return f"{100 * value:.1f} %"


def table(rows: list[tuple], titles: tuple[str, ...]) -> str:
    """Markdown."""
    lines = [titles, ("---",) * len(titles), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def split_row(name: str, report: dict) -> tuple:
    """One line of the table of splits."""
    low, high = report["accuracy_interval_95"]
    figures = (percent(report["uar"]), percent(report["macro_f1"]), f"{report['ece']:.3f}", f"{report['nll']:.3f}")
    return name, report["n"], percent(report["accuracy"]), f"{percent(low)} to {percent(high)}", *figures


def contested(plurality: dict, majority: dict) -> float:
    """Accuracy on the images that one rule labels and the other, stricter one leaves out."""
    right = plurality["accuracy"] * plurality["n"] - majority["accuracy"] * majority["n"]
    return right / (plurality["n"] - majority["n"])


def class_rows(report: dict) -> list[tuple]:
    """One line per class of the test split."""
    found = zip(report["classes"], report["confusion"], strict=True)
    return [
        (
            f"**{name}**",
            report["support"][name],
            percent(report["recall"][name]),
            percent(report["precision"][name]),
            *row,
        )
        for name, row in found
    ]


def under_priors(weights: Weights, predictions: pd.DataFrame) -> list[tuple]:
    """Accuracy and UAR from FER+'s prior to the uniform one."""
    labels, read = arrays(predictions, weights.classes)
    ratio = prior_ratio(UNIFORM, weights.corpus, weights.prior, weights.classes, weights.sharpness)
    rows = []
    for strength in STRENGTHS:
        right = change_prior(read, ratio**strength).argmax(axis=1) == labels
        recalls = [right[labels == label].mean() for label in range(len(weights.classes))]
        rows.append((strength, percent(right.mean()), percent(np.mean(recalls)), *(percent(r) for r in recalls)))
    return rows


def calibration_figure(name: str, predictions: pd.DataFrame, weights: Weights):
    """Reliability on the test split, and accuracy against coverage."""
    labels, read = arrays(predictions, weights.classes)
    curve = pd.DataFrame(coverage_curve(read.max(axis=1), read.argmax(axis=1) == labels))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplot_mosaic(
            [["promised", "curve"], ["count", "curve"]], figsize=(8.8, 4.4), height_ratios=(4, 1), layout="constrained"
        )
        left, below, right = axes["promised"], axes["count"], axes["curve"]
        draw_reliability(left, below, predictions)
        left.set(ylabel="right, share", title=f"{name}, FER+ test: promised and kept")
        below.set_xlim(left.get_xlim())
        left.legend(fontsize=8, loc="upper left")
        below.set_ylabel("faces, share")
        right.plot(curve["coverage"], curve["accuracy"], marker="o", ms=3)
        at = curve.iloc[(curve["threshold"] - weights.uncertain_below).abs().argmin()]
        right.plot(at["coverage"], at["accuracy"], marker="o", color="black")
        right.annotate("uncertain below this", (at["coverage"], at["accuracy"]), (-130, -4), textcoords="offset points")
        right.set(xlabel="share of faces that are named", ylabel="right, share", title="accuracy against coverage")
    plt.close(figure)
    return figure


def sample_figure(weights: Weights):
    """What is read in synthetic faces at their apex, under the prior of clips."""
    corpus = SampleCorpus()
    people = [subject.subject_id for subject in make_cast(12, seed=0)][:2]
    alone = {clip.clip_id for clip in corpus.index()}
    truths = [
        next(t for t in corpus.truth() if t.clip_id in alone and (t.subject_id, t.emotion) == (who, emotion))
        for who in people
        for emotion in SAMPLE_CLASSES
    ]
    detector, engine = create_detector("mediapipe"), OnnxEngine(weights, prior=weights.clip_prior)
    crops, titles = [], []
    for truth in truths:
        picture = apex_picture(corpus.root / truth.file, truth.apex)
        found = detector.detect(picture)
        crops.append(crop_face(picture, found.keypoints[0], weights.input_spec))
        read = engine.predict(crops[-1][None])[0]
        titles.append(f"played {truth.emotion}\nread {weights.classes[read.argmax()]} {read.max():.2f}")
    detector.close()
    return strip(crops, titles, columns=len(SAMPLE_CLASSES))


def apex_picture(path: Path, apex: int | None) -> np.ndarray:
    """The apex frame of a clip; the middle one where it has none (neutral)."""
    if apex is None or apex < 0:
        return frame_at(path)
    return next(frame.pixels for frame in read_frames(path) if frame.index == apex)


def measured(name: str) -> str:
    """All of the block between the marks; writes the pictures on the way."""
    weights = find_weights(name)
    with TemporaryDirectory() as folder:
        saved = Path(folder) / "test.csv"
        validation = evaluate_weights(name, "ferplus", "validation")
        test = evaluate_weights(name, "ferplus", "test", saved)
        predictions = read_predictions(saved)
    RESULTS.mkdir(parents=True, exist_ok=True)
    calibration_figure(name, predictions, weights).savefig(RESULTS / f"{name}_calibration.png", dpi=110)
    confusion_grid({f"{name}, FER+ test": predictions}, side=4.5).savefig(RESULTS / f"{name}_confusion.png", dpi=110)
    sample_figure(weights).savefig(RESULTS / f"{name}_sample_faces.png", dpi=110)
    titles = ("split", "n", "accuracy", "95 % interval", "UAR", "macro-F1", "ECE (15 bins)", "NLL")
    agreed = corpora.create("ferplus", rule="majority").load("test").names
    majority = measure(predictions[predictions["clip_id"].isin(agreed)], tuple(test["classes"]))
    rows = [
        split_row("validation, labels by plurality (chosen on)", validation),
        split_row("**test, labels by majority** (`--rule majority`, as published)", majority),
        split_row("**test, labels by plurality** (`--rule plurality`)", test),
    ]
    for faces, told in OTHER_FRAMINGS.items() if weights.faces == "both" else ():
        rows.append(split_row(told, evaluate_weights(name, "ferplus", "test", faces=faces)))
    classes = tuple(test["classes"])
    votes = test["votes"]
    coverage = [
        (row["threshold"], percent(row["coverage"]), "-" if row["accuracy"] is None else percent(row["accuracy"]))
        for row in test["coverage"]
    ]
    return "\n\n".join(
        [
            table(rows, titles),
            f"Against the ten votes of the test split: KL divergence {votes['kl_all_votes']:.3f} nats from all votes "
            f"to the probabilities, {votes['kl_without_single_votes']:.3f} from the votes without single ones; the "
            f"label that is named has at least three votes in {percent(votes['label_has_three_votes'])} of the images.",
            f"The {test['n'] - majority['n']} test images that have a label by plurality alone, on which people "
            f"disagree, are read right in {percent(contested(test, majority))}.",
            "Test split by class (rows: label by plurality; last columns: what was named):",
            table(class_rows(test), ("class", "n", "recall", "precision", *classes)),
            f"![confusion](../../Assets/results/{name}_confusion.png)",
            "From FER+'s prior (0, as trained) to the uniform one (1, `--prior uniform`), the same probabilities on "
            "the test split; `tau` is the power of the class shares by which they are divided:",
            table(under_priors(weights, predictions), ("tau", "accuracy", "UAR", *(f"recall {c}" for c in classes))),
            f"Coverage against accuracy on the test split (`uncertain` is under {weights.uncertain_below:g}):",
            table(coverage, ("named from a probability of", "faces named", "of these right")),
            f"![calibration](../../Assets/results/{name}_calibration.png)",
            "Synthetic faces of the sample corpus at their apex, under the prior of clips. They show the kind of "
            "error, and are no measure of accuracy:",
            f"![sample faces](../../Assets/results/{name}_sample_faces.png)",
        ]
    )


def main() -> None:
    """Write the block of each card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    for name in parser.parse_args().names:
        card = SHIPPED / f"{name}.md"
        if BEGIN not in card.read_text() or END not in card.read_text():
            raise SystemExit(f"{card}: expected the lines {BEGIN} and {END}")
        block = measured(name)
        before, _, rest = card.read_text().partition(BEGIN)  # after minutes of measuring: somebody may have edited it
        card.write_text(f"{before}{BEGIN}\n\n{block}\n\n{END}{rest.partition(END)[2]}")
        print(f"{card.name}: written")


if __name__ == "__main__":
    main()
