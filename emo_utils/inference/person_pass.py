"""The second pass of a network whose features are normalised by person: all clips, read with each person's own.

It takes the place of the offset that a baseline of `people` takes off the predictions of other networks.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.inference.clip_baseline import ClipBaseline
from emo_utils.inference.person_features import PersonRule
from emo_utils.inference.person_windows import PersonReading, PersonWindows, frame_probabilities, read_person
from emo_utils.inference.sample_engine import SampleEngine
from emo_utils.timeline import Timeline

Clip = tuple[Timeline, PersonWindows | None]
"""The timeline of a clip, and its windows."""


def read_by_person(
    clips: Mapping[str, Clip],
    baselines: Mapping[str, ClipBaseline],
    rule: PersonRule,
    engine: SampleEngine,
    smoothing: tuple[str, float],
) -> dict[str, ClipBaseline]:
    """Baselines of several clips, with probabilities that are read anew instead of offsets.

    Args:
        clips: by name.
        baselines: of `clip_baseline.several_clips`, which name the person of each face.
        rule: of the network.
        engine: runs it.
        smoothing: method and seconds.

    Raises:
        EmoError: a clip without windows.
    """
    names = dict.fromkeys(name for one in baselines.values() for name, _ in one.people.values())
    readings = {name: _reading(name, clips, baselines, rule, engine) for name in names}
    return {clip: _with_readings(clip, *clips[clip], one, readings, rule, smoothing) for clip, one in baselines.items()}


def _reading(
    name: str, clips: Mapping[str, Clip], baselines: Mapping[str, ClipBaseline], rule: PersonRule, engine: SampleEngine
) -> PersonReading:
    features = {}
    for clip, one in baselines.items():
        timeline, windows = clips[clip]
        if windows is None:
            raise EmoError(f"{clip}: expected its windows, found none; analyse it again (--overwrite)")
        numbers = [windows.of_person(timeline, person) for person, (own, _) in one.people.items() if own == name]
        if numbers:
            features[clip] = windows.features[np.concatenate(numbers)]
    return read_person(name, features, rule, engine)


def _with_readings(
    clip: str,
    timeline: Timeline,
    windows: PersonWindows,
    baseline: ClipBaseline,
    readings: Mapping[str, PersonReading],
    rule: PersonRule,
    smoothing: tuple[str, float],
) -> ClipBaseline:
    probabilities = {}
    for person, (name, _) in baseline.people.items():
        logs = readings[name].logs.get(clip)
        if logs is not None:
            probabilities[person] = frame_probabilities(timeline, person, windows, logs, smoothing)
    own = [readings[name] for name, _ in baseline.people.values()]
    warnings = (*baseline.warnings, *dict.fromkeys(one.warning for one in own if one.warning))
    about = {**baseline.about, "normalise": rule.how, "features": [one.digest for one in own]}
    return replace(baseline, probabilities=probabilities, about=about, warnings=warnings)
