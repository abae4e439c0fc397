"""The Methods paragraph of a report, its limits, and its settings, from what an analysis says of itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emo_utils.errors import EmoError
from emo_utils.file_names import as_text
from emo_utils.inference.baseline_request import PEOPLE
from emo_utils.inference.weights import Weights, find_weights

LIMITS = (
    "An expression is not a feeling. The network names what a face shows, as raters of pictures would name it; it does "
    "not know what a person feels, thinks or intends.",
    "Do not use it to judge people: not for hiring, schooling, policing, border control, insurance, credit, diagnosis.",
    "Accuracy is measured on pictures of the set named above. Faces, light and cameras unlike it are predicted worse; "
    "no group of people is guaranteed to be predicted as well as another.",
    "Frames of one clip are not independent: statistics need persons or clips as their unit, not frames.",
)
"""What holds for every analysis."""


def weights_of(about: Mapping[str, Any]) -> Weights | None:
    """The weights of an analysis, if they are at hand and still the same."""
    network = about.get("network", {})
    try:
        weights = find_weights(about["options"]["weights"])
    except (EmoError, KeyError):
        return None
    return weights if weights.sidecar["sha256"] == network.get("weights_sha256") else None


def methods_paragraph(about: Mapping[str, Any], detector: str = "") -> str:
    """A paragraph for the Methods of a paper: what was run, versions, prior, baseline, thresholds, accuracy, limits.

    Args:
        about: `ClipResults.about`: options, prior, network.
        detector: the detector that ran; empty: the requested one.
    """
    options, network = about.get("options"), about.get("network")
    if not options or not network:
        return ""
    weights = weights_of(about)
    parts = [
        f"Facial expressions were predicted with emo_utils {network['emo_utils']} and the network {network['weights']} "
        f"(SHA-256 {network['weights_sha256'][:12]}).",
        _reading(options, detector),
        f"Probabilities assume the class shares '{about['prior']}'; {_baseline(options, weights)}",
        f"A frame counts as uncertain if its highest smoothed probability is below {network['uncertain_below']:g}.",
        _segments(options),
        accuracy_sentence(weights) if weights else "The accuracy of this network is given by its own documentation.",
    ]
    return " ".join(filter(None, parts))


def _reading(options: Mapping[str, Any], detector: str) -> str:
    rate = f"at about {options['sample_fps']:g} frames a second" if options["sample_fps"] else "in every frame"
    how = "no smoothing" if options["smoothing"] == "none" else (
        f"{options['smoothing']} smoothing over time ({options['smoothing_s']:g} s)"
    )  # fmt: skip
    return (
        f"Faces were found with {detector or options['detector']}, followed with {options['tracker']}, aligned, and "
        f"read {rate}, with {how}."
    )


BASELINES = {
    "none": "no baseline was subtracted.",
    "collection": "the mean of all clips of the run was subtracted as the baseline (columns b_<emotion>).",
    "people": "the baseline of each person, estimated without labels from all clips of that person in the run, was "
    "subtracted (columns b_<emotion>; transductive: each clip takes part in its own baseline).",
    "rest": "the mean of a stretch of the clip at rest was subtracted as the baseline (columns b_<emotion>).",
    "file": "the mean of another clip of the person at rest was subtracted as the baseline (columns b_<emotion>).",
}
"""What was subtracted, by the kind of `inference.baseline_request`."""


BY_PERSON = (
    "features were normalised among all clips of the same person in the run, without labels ({how}; columns "
    "b_<emotion>; transductive: each clip takes part)."
)
"""Instead of the baseline `people`, with a network that was trained so."""


def _baseline(options: Mapping[str, Any], weights: Weights | None) -> str:
    asked = options.get("baseline") or "none"
    if asked == PEOPLE and weights and weights.person_rule:
        return BY_PERSON.format(how=weights.person_rule.how)
    kind = "rest" if asked.startswith("rest:") else asked
    return BASELINES.get(kind, BASELINES["file"])


def _segments(options: Mapping[str, Any]) -> str:
    if not options["segments"]:
        return ""
    flow = "after magnification of small motions " if options["magnify_motion"] else ""
    return (
        f"Onset, apex and offset of {options['expressions']} expressions were found {flow}by optical flow "
        f"({options['flow']}) in the aligned face and by the probabilities."
    )


def accuracy_sentence(weights: Weights) -> str:
    """The accuracy of weights on their test split, with its interval, number of pictures, prior and label rule."""
    test = weights.sidecar.get("metrics", {}).get("test")
    if not test:
        return "No accuracy on a test split is recorded for this network."
    corpus = weights.corpus
    rule = "the most frequent vote of the raters as label, " if corpus == "ferplus" else ""
    interval = test.get("accuracy_interval_95")
    within = f" (95 % interval {interval[0]:.1%} to {interval[1]:.1%}, n = {test['n']:,})" if interval else (
        f" (n = {test['n']:,})"
    )  # fmt: skip
    synthetic = " The test data are synthetic." if weights.sidecar.get("synthetic") else ""
    protocol = weights.sidecar.get("experiment", {}).get("protocol", "its own")
    return (
        f"On the test split of {corpus} (protocol {protocol}, {rule}class shares of {corpus}) the network's accuracy "
        f"is {test['accuracy']:.1%}{within}, its unweighted average recall {test['uar']:.1%}.{synthetic} Clips differ "
        "from that set, so the accuracy on them may be lower."
    )


def settings_table(about: Mapping[str, Any]) -> dict[str, str]:
    """The options as text; of paths only the name."""
    values = {**about.get("options", {})}
    if "prior" in about:
        values["prior"] = about["prior"]
    return {name: _as_setting(value) for name, value in values.items()}


def versions_table(about: Mapping[str, Any]) -> dict[str, str]:
    """Package, network and its hash."""
    return {name: _as_setting(value) for name, value in about.get("network", {}).items()}


def _as_setting(value: Any) -> str:
    if value is None:
        return "default"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_as_setting, value)) or "none"
    text = as_text(str(value))
    return Path(text).name if "/" in text or "\\" in text else text
