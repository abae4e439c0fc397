"""Baselines of analysed clips: of each clip by itself, and of several clips together."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.hashing import sha256_of_file
from emo_utils.inference.baseline_request import COLLECTION, FILE, PEOPLE, SAVED_SUFFIX, BaselineRequest
from emo_utils.inference.baseline_timeline import appearances, baseline_emotion
from emo_utils.inference.clip_baseline import (
    NEUTRAL,
    ClipBaseline,
    FileBaseline,
    file_at_rest,
    rest_of_clip,
    saved_baseline,
    several_clips,
)
from emo_utils.inference.frame_sources import file_source
from emo_utils.inference.networks import Networks
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.person_pass import read_by_person
from emo_utils.inference.person_windows import PersonWindows
from emo_utils.inference.pipeline import Pipeline, PipelineResult
from emo_utils.reports.clips.writer import ClipResults
from emo_utils.timeline import Timeline
from emo_utils.workflows.subjects import (
    BY_CLIP,
    BY_FACE,
    BY_SUBJECT,
    named_by_clip,
    named_by_face,
    named_by_subject,
    subjects_of,
)

log = logging.getLogger("emo_utils")


@dataclass(frozen=True)
class PredictedClip:
    """A clip whose frames are predicted.

    Attributes:
        name: unique among the clips, for messages too.
        path: its file; None for frames from another source.
        timeline: of the clip.
        vectors: the face embedding of each person, where there are any.
        windows: of a network whose features are normalised by person; None for others.
    """

    name: str
    path: Path | None
    timeline: Timeline = field(repr=False)
    vectors: Mapping[int, np.ndarray] = field(default_factory=dict, repr=False)
    windows: PersonWindows | None = field(default=None, repr=False)


def check_several(options: AnalysisOptions, files: Sequence[Path | None]) -> None:
    """Refuse a baseline of several clips that these files cannot have, before the first is read.

    Raises:
        EmoError: a single clip, or a name in which the pattern finds no person.
    """
    if not options.baseline_request.of_several:
        return
    if len(files) < 2:
        raise EmoError(
            f"baseline {options.baseline!r} is the mean over clips: expected at least two clips, found {len(files)}; "
            "give more clips of the same people, a stretch of rest (rest:A-B), or a clip of the person at rest"
        )
    if options.subject is not None:
        if None in files:
            raise EmoError("subject finds the person in the name of a file: expected files, found other frames")
        subjects_of([path for path in files if path], options.subject)


def baselines_of(
    clips: Sequence[PredictedClip], options: AnalysisOptions, networks: Networks
) -> dict[str, ClipBaseline]:
    """The baseline of each clip, by name, from all of them: `collection` or `people`; clips without a face are absent.

    Raises:
        EmoError: a face in fewer than two clips.
    """
    found = [one for clip in clips for one in appearances(clip.name, clip.timeline)]
    kind = options.baseline_request.kind
    if kind == COLLECTION:
        names, told_by = ["collection"] * len(found), ""
    elif options.subject is not None:
        subjects = subjects_of([clip.path for clip in clips if clip.path], options.subject)
        names = named_by_subject(found, dict(zip([clip.name for clip in clips], subjects, strict=True)))
        told_by = BY_SUBJECT
    elif vectors := {(clip.name, person): vector for clip in clips for person, vector in clip.vectors.items()}:
        names, told_by = named_by_face(found, vectors), BY_FACE
    else:
        names, told_by = named_by_clip(found), BY_CLIP
        log.warning(
            "baseline 'people': each clip counts as a person, so each is corrected little; give --subject PATTERN, or "
            "a network that recognises faces (--identity-weights, emo fetch arcface), to join the clips of a person"
        )
    baselines = several_clips(kind, found, names, networks.weights, told_by)
    log.info("baseline %s: %d clips, %d people, told apart by %s", kind, len(clips), len(set(names)), told_by or "none")
    rule = networks.over_time.person if networks.over_time else None
    if kind != PEOPLE or rule is None:
        return baselines
    windows = {clip.name: (clip.timeline, clip.windows) for clip in clips}
    smoothing = options.smoothing, options.smoothing_s
    return read_by_person(windows, baselines, rule, networks.over_time.engine, smoothing)


class OwnBaseline:
    """The baseline of a clip by itself: a stretch of rest in it, or a file.

    Args:
        request: of kind `rest` or `file`.
        pipeline: that predicts the clips; a file at rest is predicted in the same way.

    Raises:
        EmoError: the file cannot be read, holds no face, or no baseline of these weights.
    """

    def __init__(self, request: BaselineRequest, pipeline: Pipeline):
        self._request, self._weights = request, pipeline.weights
        self.file = _read_file(request, pipeline) if request.kind == FILE else None

    def of_clip(self, name: str, timeline: Timeline) -> ClipBaseline:
        """The baseline of one clip.

        Raises:
            EmoError: the stretch of rest is outside the clip, or holds no face.
        """
        if self.file:
            return self.file.of_clip(FILE, timeline)
        return rest_of_clip(name, timeline, self._request, self._weights)


def _read_file(request: BaselineRequest, pipeline: Pipeline) -> FileBaseline:
    path = Path(request.path or "")
    digest = sha256_of_file(path)
    if path.suffix.lower() == SAVED_SUFFIX:
        return saved_baseline(path, digest, pipeline.weights, pipeline.engine.prior)
    plain = {"baseline": "none", "segments": False, "measures": (), "expressions": "macro"}
    timeline = Pipeline(pipeline.options.changed(plain)).run(file_source(path)).timeline
    return file_at_rest(path, timeline, digest, pipeline.weights)


def corrected(results: ClipResults, baseline: ClipBaseline) -> ClipResults:
    """The results of a clip with a baseline: its columns, segments and summary."""
    for warning in baseline.warnings:
        log.warning("%s: baseline: %s", results.name, warning)
    result = results.result
    timeline = baseline.taken_off(result.timeline)
    plain = baseline.plain(timeline.classes)
    return replace(results, result=_renamed(result, timeline), about={**results.about, "baseline": plain})


def _renamed(result: PipelineResult, timeline: Timeline) -> PipelineResult:
    segments = []
    for segment in result.segments:
        emotion = baseline_emotion(timeline, segment.person_id, (segment.onset, segment.offset), (NEUTRAL,))
        segments.append(replace(segment, baseline_emotion=emotion[0], baseline_confidence=emotion[1]))
    return replace(result, timeline=timeline, segments=tuple(segments))
