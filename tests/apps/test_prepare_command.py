"""`emo prepare` by name: what is asked for is what is made, and wrong requests say what is right."""

import json
import subprocess
import sys

import pytest

from emo_utils.errors import EmoError
from emo_utils.faces.detector import create_detector
from emo_utils.inference.apex_scorer import ApexScorer
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import DEFAULT, find_weights
from emo_utils.representations.apex import ApexSpec, find_apex
from emo_utils.representations.face_sequence import MainFace, clip_pictures
from emo_utils.structures import Clip
from emo_utils.workflows.prepare import prepare_corpus

ONE_NOT_KNOWN = r"\w+/(\w)"


@pytest.fixture
def smile(clips, tmp_path):
    """A folder corpus of one real clip."""
    folder = tmp_path / "corpus" / "happiness"
    folder.mkdir(parents=True)
    (folder / "a.mp4").symlink_to(clips / "labelled" / "happiness.mp4")
    return folder.parent


@pytest.fixture
def only_root():
    """The options that make the corpus of one clip."""
    return lambda root: {"root": root, "subject": ONE_NOT_KNOWN}


@pytest.mark.parametrize(
    ("representation", "options", "sample"),
    [
        ("stack", {"interval": 15, "size": 48}, "window_000.tiff"),
        ("apex", {}, "apex_frame_"),
        ("sequence", {"frames": 3}, "sequence.npz"),
    ],
)
def test_each_representation_is_made_by_name(smile, only_root, tmp_path, representation, options, sample):
    manifest = prepare_corpus("folder", representation, options, only_root(smile), tmp_path / "out", workers=1)
    (row,) = manifest.ok
    assert row.samples[0].rsplit("/", 1)[1].startswith(sample)
    assert (manifest.folder / row.samples[0]).stat().st_size > 0
    assert json.loads((manifest.folder / "spec.json").read_text())["representation"] == representation


def test_the_apex_of_a_smile_is_read_as_happiness(clips):
    clip = Clip("smile", clips / "labelled" / "happiness.mp4", "test", "a", "happiness")
    scorer, engine = ApexScorer(), OnnxEngine(find_weights(DEFAULT))
    detector = create_detector()
    try:
        apex, *_ = find_apex(clip, detector, ApexSpec(scorer, every=4))
        pixels = next(picture for picture in clip_pictures(clip) if picture.index == apex.frame_index).load()
        crop = MainFace(detector).find(pixels).cut(pixels, scorer.input_spec)
    finally:
        detector.close()
    assert apex.crop.shape == (224, 224, 3)
    assert engine.weights.classes[engine.predict(crop[None])[0].argmax()] == "happiness"
    assert scorer(crop[None])[0] == pytest.approx(engine.predict(crop[None]).max())
    assert scorer.describe()["sha256"] == find_weights(DEFAULT).sidecar["sha256"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("samle", "stack", {}), "Did you mean 'sample'"),
        (("folder", "stak", {}), "Did you mean 'stack'"),
        (("folder", "apex", {"interval": 5}), "has no option interval"),
        (("folder", "stack", {"interval": 5, "channels": 30}), "at most 18 channels"),
        (("sample", "stack", {}, {"subject": "x"}), "does not take one of these options"),
    ],
)
def test_wrong_requests_say_what_is_right(arguments, said):
    with pytest.raises(EmoError, match=said):
        prepare_corpus(*arguments, workers=1)


def test_workers_and_a_scheduler_are_two_wishes(smile, only_root, tmp_path):
    with pytest.raises(EmoError, match="give one of them"):
        prepare_corpus("folder", "stack", {}, only_root(smile), tmp_path, workers=2, scheduler="tcp://127.0.0.1:1")


def test_a_wrong_request_ends_with_code_2(smile, tmp_path):
    command = [sys.executable, "-m", "emo_utils.apps.cli", "prepare", "folder", "--root", str(smile)]
    done = subprocess.run([*command, "--out", str(tmp_path / "out")], capture_output=True, text=True)
    assert done.returncode == 2
    assert "who is in the files is not known" in done.stderr
    assert not (tmp_path / "out").exists()
