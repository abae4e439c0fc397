"""The columns of the tables over a run: type, unit, range and meaning of each; `codebook.csv` is made from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from emo_utils.errors import EmoError
from emo_utils.measures.measure import Column, measures
from emo_utils.motion import segments_file
from emo_utils.timeline import COLUMNS as TIMELINE_COLUMNS
from emo_utils.timeline import columns as timeline_columns

TEXT, WHOLE, NUMBER, FLAG = "text", "whole number", "number", "0 or 1"


@dataclass(frozen=True)
class Variable:
    """One column of a table.

    Attributes:
        meaning: one sentence.
        type: `text`, `whole number`, `number`, or `0 or 1`.
        unit: such as `seconds`; empty where there is none.
        low, high: the range; None: no limit on that side.
    """

    meaning: str
    type: str = NUMBER
    unit: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Layout:
    """What the tables of a run hold beside their fixed columns.

    Attributes:
        classes: the emotions, in the order of the columns.
        measures: columns of measures in the timelines.
        baseline: whether a person's baseline was taken off in some clip.
    """

    classes: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    baseline: bool = False

    def joined(self, other: "Layout") -> "Layout":
        """What both hold; columns of this one come first."""
        return Layout(
            tuple(dict.fromkeys((*self.classes, *other.classes))),
            tuple(dict.fromkeys((*self.measures, *other.measures))),
            self.baseline or other.baseline,
        )


CLIP = Variable("file name of the clip", TEXT)
SUBJECT = Variable(
    "name of the person across clips, from --subject; empty where none was given, and for others in the clip", TEXT
)
PERSON = Variable("number of the person within the clip, from 1", WHOLE, low=1)


def _share(meaning: str) -> Variable:
    return Variable(meaning, NUMBER, "share", 0, 1)


def _probability(meaning: str) -> Variable:
    return Variable(meaning, NUMBER, "probability", 0, 1)


def _seconds(meaning: str) -> Variable:
    return Variable(meaning, NUMBER, "seconds", 0)


def _count(meaning: str) -> Variable:
    return Variable(meaning, WHOLE, "count", 0)


def people_variables(layout: Layout) -> dict[str, Variable]:
    """The columns of `people.csv`, a row per clip and person."""
    fixed = {
        "clip": CLIP,
        "subject": SUBJECT,
        "person_id": PERSON,
        "folder": Variable("folder of the clip's results, below this table", TEXT),
        "clip_s": _seconds("duration of the clip as it was read"),
        "from_s": _seconds("time of the first frame with the person"),
        "to_s": _seconds("time of the last frame with the person"),
        "seen_s": _seconds("time that the person is on screen"),
        "seen_share": _share("seen_s as a share of clip_s"),
        "frames": _count("frames with the person"),
        "dominant_emotion": Variable("the emotion with the largest share of time", TEXT),
        "changes": _count("changes of the emotion named after smoothing"),
        "changes_per_min": Variable("changes per minute on screen", NUMBER, "per minute", 0),
        "mean_confidence": _probability("mean smoothed probability of the emotion named"),
        "uncertain_share": _share("share of the person's frames with status uncertain"),
        "low_quality_share": _share("share of the person's frames with status low_quality"),
        "mean_detection_confidence": Variable("mean confidence of the face detector", NUMBER, "", 0, 1),
    }
    shares = {
        f"share_{name}": _share(f"share of the person's time that is named {name} after smoothing")
        for name in layout.classes
    }
    counted = _counted(layout)
    return {**fixed, **shares, **_means(layout), **counted, **_baseline(layout), **_segment_counts(layout)}


def _counted(layout: Layout) -> dict[str, Variable]:
    """What measures count per person, such as blinks; see `Measure.summary`."""
    whole = [one for one in map(measures.create, measures) if set(one.columns) <= set(layout.measures)]
    found = {name: column for one in whole for name, column in one.summary.items() if not name.startswith("mean_")}
    return {name: Variable(one.meaning, NUMBER, one.unit, one.low, one.high) for name, one in found.items()}


def _means(layout: Layout) -> dict[str, Variable]:
    means = {
        f"mean_{name}": _probability(f"mean probability of {name} over the frames, unsmoothed")
        for name in layout.classes
    }
    known = measure_variables(layout.measures)
    found = {
        f"mean_{name}": Variable(f"mean over the frames of: {one.meaning}", NUMBER, one.unit, one.low, one.high)
        for name, one in known.items()
    }
    return means | found


def _baseline(layout: Layout) -> dict[str, Variable]:
    about = {"baseline": Variable("what was taken off: none, people, collection, rest or file; see --baseline", TEXT)}
    if not layout.baseline:
        return about
    shares = {
        f"b_share_{name}": _share(f"share of the person's time that is named {name} after the baseline is taken off")
        for name in layout.classes
    }
    means = {
        f"mean_b_{name}": _probability(f"mean probability of {name} after smoothing and taking off the baseline")
        for name in layout.classes
    }
    dominant = Variable("the emotion with the largest share of time after the baseline is taken off", TEXT)
    return {**about, "b_dominant_emotion": dominant, **shares, **means}


def _segment_counts(layout: Layout) -> dict[str, Variable]:
    return {
        "segments": _count("segments found; empty where none were searched for"),
        **{
            f"segments_{name}": _count(f"segments named {name} at their apex")
            for name in layout.classes
            if name != "neutral"
        },
        "segments_cut": _count("segments cut off by the first or last frame of the face"),
        "mean_rise_s": _seconds("mean time from onset to apex, of segments whose onset is seen"),
        "mean_segment_s": _seconds("mean time from onset to offset, of segments that are not cut off"),
        "mean_strength": Variable("mean strength of the segments; 1 is a plain expression", NUMBER, "", 0),
        "segments_note": Variable("why there is no segment, or what limits those found", TEXT),
    }


LONG = {
    "clip": CLIP,
    "subject": SUBJECT,
    "person_id": PERSON,
    "emotion": Variable("the emotion that the row is about", TEXT),
    "share": _share("share of the person's time that is named so after smoothing"),
    "mean_probability": _probability("its mean probability over the frames, unsmoothed"),
    "segments": _count("segments named so at their apex; empty where none were searched for, and for neutral"),
    "seen_s": _seconds("time that the person is on screen"),
    "dominant": Variable("1 for the emotion with the largest share of time", FLAG),
}
"""The columns of `people_long.csv`, a row per clip, person and emotion: the long form of `people.csv`."""

_SEGMENT_TYPES: dict[str, tuple] = {
    **dict.fromkeys(("onset", "apex", "offset"), (WHOLE, "frames", 0)),
    **dict.fromkeys(("onset_s", "apex_s", "offset_s"), (NUMBER, "seconds", 0)),
    **dict.fromkeys(("cut_start", "cut_end", "sustained"), (FLAG, "", 0, 1)),
    **dict.fromkeys(("confidence", "pooled_confidence", "baseline_confidence"), (NUMBER, "probability", 0, 1)),
    **dict.fromkeys(("person_id", "track_id"), (WHOLE, "", 1)),
    "strength": (NUMBER, "", 0),
    "moved": (NUMBER, "face sides", 0),
}


def segment_variables() -> dict[str, Variable]:
    """The columns of the run's `segments.csv`: those of the clips, with the subject after the clip."""
    own = {
        name: Variable(meaning, *_SEGMENT_TYPES.get(name, (TEXT,))) for name, meaning in segments_file.COLUMNS.items()
    }
    return {"clip": CLIP, "subject": SUBJECT, **own}


_TIMELINE_TYPES: dict[str, tuple] = {
    "frame_index": (WHOLE, "", 0),
    "time_s": (NUMBER, "seconds", 0),
    "track_id": (WHOLE, "", 1),
    "person_id": (WHOLE, "", 1),
    **dict.fromkeys(("x1", "y1", "x2", "y2"), (NUMBER, "pixels")),
}
_PER_CLASS = {
    "p_": "probability of {} in this frame alone",
    "smoothed_p_": "probability of {} after smoothing over time",
    "b_": "probability of {} after smoothing and taking off the person's baseline; empty where none was asked for",
}


def timeline_variables(layout: Layout) -> dict[str, Variable]:
    """The columns of the run's timeline: those of the contract, with clip and subject before them."""
    found = {"clip": CLIP, "subject": SUBJECT}
    for name in timeline_columns(layout.classes):
        found[name] = _timeline_variable(name, layout.classes)
    return found | measure_variables(layout.measures)


def _timeline_variable(name: str, classes: Sequence[str]) -> Variable:
    for prefix, meaning in _PER_CLASS.items():
        if name.startswith(prefix) and name.removeprefix(prefix) in classes:
            return _probability(meaning.format(name.removeprefix(prefix)))
    usual = (NUMBER, "probability", 0, 1) if name.endswith("confidence") else (TEXT,)
    return Variable(TIMELINE_COLUMNS[name], *_TIMELINE_TYPES.get(name, usual))


def event_variables(layout: Layout, carried: Sequence[str], window: tuple[float, float] | None) -> dict[str, Variable]:
    """The columns of `events.csv`, a row per event and person.

    Args:
        layout: of the run.
        carried: the columns of the file of events that are carried through.
        window: start and end of the baseline window in seconds from the event's start; None: none was asked for.
    """
    found = {
        "event": Variable("number of the event in the file of events, from 1", WHOLE, low=1),
        "clip": CLIP,
        "subject": SUBJECT,
        "person_id": Variable("number of the person within the clip; empty where nobody is seen", WHOLE, low=1),
        "start_s": _seconds("start of the event, on the clip's own clock"),
        "end_s": _seconds("end of the event; frames from start_s up to, but without, end_s belong to it"),
        **{name: Variable("carried through from the file of events", TEXT) for name in carried},
        "seen_s": _seconds("time that the person is on screen during the event"),
        "seen_share": _share("seen_s as a share of the event"),
        "dominant_emotion": Variable("the emotion with the largest share of that time", TEXT),
        **{f"share_{name}": _share(f"share of that time that is named {name} after smoothing")
           for name in layout.classes},
        **_means(layout),
        **{f"peak_{name}": _probability(f"largest smoothed probability of {name} in the event")
           for name in layout.classes},
    }  # fmt: skip
    if layout.baseline:
        found |= {
            f"mean_b_{name}": _probability(f"mean probability of {name} after taking off the person's baseline")
            for name in layout.classes
        }
    found |= {
        "onsets": _count("segments whose onset lies in the event; empty where none were searched for"),
        "first_onset_s": _seconds("time from the event's start to the first of these onsets"),
    }
    if window:
        span = f"{window[0]:g} to {window[1]:g} s from the event's start"
        found["window_seen_s"] = _seconds(f"time that the person is on screen in the window, {span}")
        changes = (*layout.classes, *layout.measures)
        found |= {
            f"change_{name}": Variable(f"mean_{name} minus the same mean in the window, {span}", NUMBER,
                                       "probability" if name in layout.classes else found[f"mean_{name}"].unit)
            for name in changes
        }  # fmt: skip
    return found


def measure_variables(names: Sequence[str]) -> dict[str, Variable]:
    """The columns of measures, by the registry of measures where it knows them."""
    known = _known_measures() if names else {}
    blank = Column("a measure of an installation that is not this one", "")
    found = {name: known.get(name, blank) for name in names}
    return {name: Variable(one.meaning, NUMBER, one.unit, one.low, one.high) for name, one in found.items()}


@lru_cache(maxsize=1)
def _known_measures() -> Mapping[str, Column]:
    known: dict[str, Column] = {}
    for name in measures:
        try:
            known |= measures.create(name).columns
        except EmoError:  # it needs a file or package that is absent here; the values are there all the same
            continue
    return known
