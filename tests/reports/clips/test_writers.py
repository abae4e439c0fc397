"""Outputs of a clip: each a file of its own, written after the timeline, and none able to lose it."""

import logging
import resource
from contextlib import contextmanager
from fnmatch import fnmatch

import numpy as np
import pandas as pd
import pytest

from emo_utils.errors import NO_MEMORY, MissingPackageError, OutputError, UnknownNameError
from emo_utils.inference.frame_sources import file_source
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline, PipelineResult
from emo_utils.reports.clips.writer import (
    ClipResults,
    choose_outputs,
    in_order,
    write_outputs,
    writer,
    writers,
)
from emo_utils.timeline import Timeline


@pytest.fixture(scope="module")
def results(clips) -> ClipResults:
    pipeline = Pipeline(AnalysisOptions(identity_weights="none", embeddings=True))
    source = file_source(clips / "single_face.mp4")
    return ClipResults(source.name, source, pipeline.run(source), {"prior": "uniform"})


@pytest.fixture
def flaky():
    """Writers that are registered for one test."""
    names = []

    def add(name, write, **traits):
        names.append(name)
        writer(name, {f"{name}.txt": "a test"}, **{"order": 50, **traits})(write)
        return writers.get(name)

    yield add
    for name in names:
        del writers._factories[name]


@pytest.mark.parametrize("name", list(writers))
def test_a_writer_writes_the_files_that_it_names(results, tmp_path, name):
    one = writers.get(name)
    assert write_outputs(results, tmp_path, [one]) == ()
    written = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    patterns = [pattern.replace("<person>_<n>", "*") for pattern in one.files]
    assert all(any(fnmatch(path, pattern) for pattern in patterns) for path in written)
    assert all(any(fnmatch(path, pattern) for path in written) for pattern in patterns)


def test_a_new_output_is_one_function_and_chosen_by_its_name(results, tmp_path, flaky):
    flaky("notes", lambda results, folder, on_frame: (folder / "notes.txt").write_text(results.name), default=False)
    assert "notes" not in choose_outputs()
    chosen = choose_outputs("notes")
    assert chosen == ["timeline", "notes"], "the timeline always"
    assert write_outputs(results, tmp_path, in_order(chosen)) == ()
    assert (tmp_path / "notes.txt").read_text() == "single_face.mp4"


def test_outputs_are_switched_and_listed():
    assert set(choose_outputs()) == {one for one in writers if writers.get(one).default}
    assert "charts" not in choose_outputs(charts=False)
    assert "magnified" in choose_outputs(magnified=True)
    assert choose_outputs("summary", magnified=True, charts=True) == ["timeline", "summary", "magnified"]
    with pytest.raises(UnknownNameError, match="unknown output 'chart'; known: .*Did you mean 'charts'"):
        choose_outputs("chart")


def test_the_timeline_is_on_disk_before_any_picture_is_begun(results, tmp_path, flaky):
    seen = []
    first = min(one.order for one in in_order() if one.name in ("charts", "annotated"))
    peek = flaky("peek", lambda results, folder, on_frame: seen.extend(tmp_path.glob("*.csv")), order=first - 1)
    write_outputs(results, tmp_path, in_order(["charts", peek.name]))
    assert [path.name for path in seen] == ["timeline.csv"]


@contextmanager
def largest_file(count: int):
    """No file grows beyond so many bytes: what a full disk does, for one process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_video_that_does_not_fit_on_the_disk_is_missing_and_the_rest_is_there(results, tmp_path):
    with largest_file(60_000):
        missing = write_outputs(results, tmp_path, in_order(["annotated", "summary"]))
    assert [one.output for one in missing] == ["annotated"]
    assert "File too large" in missing[0].reason
    assert sorted(path.name for path in tmp_path.iterdir()) == ["summary.json", "timeline.csv"]
    assert Timeline.load(tmp_path / "timeline.csv").people == [1]


def test_without_its_timeline_a_clip_is_refused_and_nothing_is_left(results, tmp_path):
    with largest_file(1000), pytest.raises(OutputError, match="single_face.mp4: timeline cannot be written: File too"):
        write_outputs(results, tmp_path, in_order())
    assert list(tmp_path.iterdir()) == []


def test_what_a_failing_writer_began_is_removed_and_the_next_one_runs(results, tmp_path, flaky):
    def fail(results, folder, on_frame):
        (folder / "half.txt").write_text("half")
        raise MemoryError("no memory")

    flaky("fails", fail, order=15)
    missing = write_outputs(results, tmp_path, in_order(["fails", "charts"]))
    assert [str(one) for one in missing] == [f"fails ({NO_MEMORY})"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["charts", "timeline.csv"]


def test_frames_that_came_from_no_file_get_what_needs_no_file(results, tmp_path):
    result = PipelineResult(results.result.timeline)
    assert write_outputs(ClipResults("camera", None, result), tmp_path, in_order()) == ()
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"timeline.csv", "timeline.parquet", "summary.json", "charts", "report.html"}
    both = [pd.read_csv(tmp_path / "timeline.csv"), pd.read_parquet(tmp_path / "timeline.parquet")]
    np.testing.assert_allclose(*(table["p_happiness"] for table in both), rtol=1e-5)


def test_an_output_whose_package_is_absent_is_left_out_and_the_log_says_so(results, tmp_path, flaky, caplog):
    def write(results, folder, on_frame):
        raise AssertionError("was called")

    flaky("parquet2", write, package="nobody_has_this")
    with caplog.at_level(logging.INFO, "emo_utils"):
        assert write_outputs(results, tmp_path, in_order(["parquet2"])) == ()
    assert "parquet2.txt is left out: it needs the package 'nobody_has_this'" in caplog.text
    with pytest.raises(MissingPackageError, match="output 'parquet2' needs the package"):
        choose_outputs("parquet2")
