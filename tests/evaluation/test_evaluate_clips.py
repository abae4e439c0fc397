"""Weights on a corpus of clips: real clips of people who speak, where they are."""

import shutil

import pytest

from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.evaluation.evaluate_clips import evaluate_clips
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline


@pytest.fixture(scope="module")
def few(shared, tmp_path_factory):
    """Two people, three clips each, the shortest of each emotion; one file that is no video."""
    source = shared / "data" / "javanese"
    if not source.is_dir():
        pytest.skip(f"no Javanese corpus in {source}")
    root = tmp_path_factory.mktemp("few")
    for clip in corpora.create("javanese", root=source).index():
        person, _, emotion = clip.clip_id.split("_")[0].split("-")
        if person in ("01", "08") and emotion in ("01", "03", "06") and "-01-" in clip.clip_id[2:6]:
            shutil.copy(clip.path, root)
    (root / "01-04-01_01.mp4").write_bytes(b"no video")
    return root


def test_clips_are_read_as_analyze_reads_them_with_and_without_a_baseline(few):
    report = evaluate_clips("ferplus-int8", "javanese", few, baseline="people")
    assert (report["n"], report["files"], report["unreadable"]) == (6, 7, 1)
    assert "01-04-01_01" in report["unreadable_files"]
    assert report["people"] == 2
    assert set(report["candidates"]) == set(corpora.get("javanese").facts.classes)
    assert report["accuracy_all"] == pytest.approx(report["accuracy"] * 6 / 7)
    found = report["baseline"]["people"]
    assert {name: one["clips"] for name, one in found.items()} == {"person_01": 3, "person_08": 3}
    pipeline = Pipeline(AnalysisOptions("ferplus-int8", identity_weights="none", segments=False))
    frames = sum(len(pipeline.run(path).timeline.faces) for path in sorted(few.glob("01-01-*")))
    assert found["person_01"]["frames"] == frames


def test_an_absent_corpus_is_told_before_anything_is_read(tmp_path):
    with pytest.raises(CorpusError, match="does not exist"):
        evaluate_clips("ferplus-int8", "javanese", tmp_path / "nowhere")
