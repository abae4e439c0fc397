"""Numbers per clip from the measures of its faces: the table that `emo train --representation features` reads."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from emo_utils.datasets.registry import corpora
from emo_utils.errors import EmoError
from emo_utils.hashing import sha256_of_json
from emo_utils.inference.options import AnalysisOptions
from emo_utils.output import whole_file
from emo_utils.settings import load_settings
from emo_utils.structures import Clip
from emo_utils.timeline import Timeline, counted
from emo_utils.workflows.analyze import analyze_clips
from emo_utils.workflows.clip_batch import OnResult
from emo_utils.workflows.prepare import index_clips

log = logging.getLogger(__name__)

MEASURES = ("pose", "blendshapes")

STATISTICS = {
    "mean": lambda column: column.mean(),
    "sd": lambda column: column.std(ddof=0),
    "p10": lambda column: column.quantile(0.1),
    "p90": lambda column: column.quantile(0.9),
}
"""What a table holds of each column of a measure, over the frames of the clip: `<column>_<statistic>`."""

TIMELINE = "timeline.csv"


@dataclass(frozen=True)
class ClipFeatures:
    """The table of a corpus.

    Attributes:
        path: of the CSV.
        table: a row per clip: clip_id, subject_id, label, and the features.
        left_out: the reason for each clip without a row, by clip id.
        results: the folder of the analyses.
    """

    path: Path
    table: pd.DataFrame = field(repr=False)
    left_out: dict[str, str]
    results: Path


def write_features(
    corpus: str,
    path: Path | str,
    measures: Sequence[str] = MEASURES,
    corpus_options: dict | None = None,
    results: Path | str | None = None,
    *,
    sample_fps: float | None = None,
    workers: int = 1,
    progress: bool = True,
    on_result: OnResult | None = None,
) -> ClipFeatures:
    """Analyse the clips of a corpus and write statistics of their measures, a row per clip.

    Of several persons in a clip, the one that is seen longest counts. A stopped run can be continued: clips that were
    analysed with the same options are not analysed again.

    Args:
        corpus: a registered corpus of video files.
        path: the CSV to write.
        measures: names in the registry of measures.
        corpus_options: of the corpus; None takes the default.
        results: folder of the analyses; by default one per corpus and request under `<EMO_DATA_DIR>/analyses`.
        sample_fps: read this many frames a second; None: all.
        workers: processes.
        progress: show progress bars on standard error.
        on_result: called for each clip as soon as it is analysed.

    Raises:
        UnknownNameError: no such corpus or measure.
        EmoError: the corpus has no video files, no measures were named, or no clip has features.
    """
    options = AnalysisOptions(segments=False, identity_weights="auto", measures=tuple(measures), sample_fps=sample_fps)
    if not options.measures:
        raise EmoError("features: expected one measure or more, such as pose,blendshapes; found none")
    clips = {clip.path.resolve(): clip for clip in index_clips(corpus, corpus_options or {}) if clip.path.is_file()}
    if not clips:
        raise EmoError(f"features: expected a corpus of video files, found none in {corpora.get(corpus).facts.title}")
    named = sha256_of_json([options.measures, sample_fps])[:8]
    folder = Path(results) if results else load_settings().data_dir / "analyses" / f"{corpus}-{named}"
    done = analyze_clips(
        list(clips), folder, options, ("timeline",), workers=workers, progress=progress, on_result=on_result
    )
    rows, left_out = [], {}
    for result in done:
        clip = clips[result.clip.resolve()]
        numbers = clip_statistics(Timeline.load(result.folder / TIMELINE)) if result.status == "ok" else None
        if numbers is None:
            left_out[clip.clip_id] = result.reason or "no face with all measures was found in it"
        else:
            rows.append(_about(clip) | numbers)
    for clip_id, reason in left_out.items():
        log.warning("%s is left out: %s", clip_id, reason)
    if not rows:
        raise EmoError(f"features: none of {counted(len(done), 'clip')} has a face with all measures")
    table = pd.DataFrame(rows).sort_values("clip_id", ignore_index=True)
    with whole_file(Path(path)) as part:
        table.to_csv(part, index=False, float_format="%.6g", lineterminator="\n")
    return ClipFeatures(Path(path), table, left_out, folder)


def clip_statistics(timeline: Timeline) -> dict[str, float] | None:
    """`STATISTICS` of each measure's column, of the person who is seen longest; None without a face that has all."""
    faces = timeline.faces.dropna(subset=timeline.measures)
    if not len(faces):
        return None
    own = faces[faces["person_id"] == faces["person_id"].value_counts().idxmax()]
    return {
        f"{column}_{name}": float(of(own[column])) for column in timeline.measures for name, of in STATISTICS.items()
    }


def _about(clip: Clip) -> dict[str, str]:
    return {"clip_id": clip.clip_id, "subject_id": clip.subject_id, "label": clip.emotion}
