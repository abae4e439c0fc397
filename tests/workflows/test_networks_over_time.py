"""Networks on stacks, sequences and apex frames, trained in seconds, read clips: the bytes are those of training."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from emo_utils import Analyzer, analyze
from emo_utils.datasets.samples import read_sample
from emo_utils.errors import EmoError, RunError, WeightsError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.weights import find_weights
from emo_utils.motion.segments_file import MarkedSegment
from emo_utils.run_folder import RunFolder
from emo_utils.training.release import Form
from emo_utils.workflows.export import export_weights
from emo_utils.workflows.sources import Data
from emo_utils.workflows.train import train

RUNS = {
    "stack": ({"interval": 15, "size": 48, "detector": "mediapipe_mesh"}, {"backbone": "face_net_stack"}),
    "sequence": ({"frames": 5, "every": 10, "size": 32}, {"backbone": "cnn_lstm"}),
    "apex": ({"every": 15, "size": 48, "colour": "gray"}, {"backbone": "face_net"}),
}
"""Representation, its options, and network: S3's stacks, S4's LSTM, S0's apex frames."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The folder of data, with a sample corpus of two people."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMO_DATA_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def runs(home):
    """The folder of a finished run by representation."""
    done = {}
    for name, (chosen, network) in RUNS.items():
        data = Data("sample", name, chosen, corpus_of(home), workers=1)
        settings = {"epochs": 2, "batch_size": 8, "weights": "random", **network}
        done[name] = train(data, settings, "random", fold=0, folds=3, out=home / "runs" / name).folder
    return done


def corpus_of(home) -> dict:
    """The options of the corpus."""
    return {"root": home / "sample", "subjects": 2, "takes": 1, "workers": 1}


@pytest.fixture
def run(runs, request):
    return runs[request.param]


def clip_of(home, clip_id: str):
    return next(path for path in (home / "sample").rglob("*.mp4") if path.stem == clip_id)


def prepared(home, name: str):
    """Clips with their sample files, in the order of the names."""
    (folder,) = (home / "prepared" / "sample").glob(f"{name}-*")
    table = pd.read_csv(folder / "manifest.csv").set_index("clip_id").sort_index()
    return {clip: [folder / one for one in str(row["samples"]).split(";")] for clip, row in table.iterrows()}


def recorded(engine, monkeypatch) -> list[np.ndarray]:
    """The samples that a network is given from now on."""
    seen, predict = [], engine.predict_samples
    monkeypatch.setattr(engine, "predict_samples", lambda samples: (seen.extend(samples), predict(samples))[1])
    return seen


@pytest.mark.parametrize(("run", "length"), [("stack", 90), ("sequence", 41)], indirect=["run"])
def test_the_bytes_of_the_first_window_are_those_of_the_training_sample(home, run, length, monkeypatch):
    name = run.name
    pipeline = Pipeline(AnalysisOptions(str(run), segments=False))
    seen = recorded(pipeline.engine, monkeypatch)
    for clip_id, (file, *_) in list(prepared(home, name).items())[:2]:
        seen.clear()
        pipeline.run(clip_of(home, clip_id))
        assert pipeline.weights.window.frames == length
        sample = read_sample(file)
        assert (seen[0].dtype, seen[0].shape) == (sample.dtype, sample.shape)
        assert seen[0].tobytes() == sample.tobytes()


def test_the_bytes_of_an_apex_are_those_of_the_training_sample(home, runs, monkeypatch):
    pipeline = Pipeline(AnalysisOptions(str(runs["apex"])))
    seen = recorded(pipeline.networks.apex.engine, monkeypatch)
    clip_id, (file, *_) = next(iter(prepared(home, "apex").items()))
    apex = int(file.stem.removeprefix("apex_frame_"))
    result = pipeline.run(clip_of(home, clip_id), marked=[MarkedSegment(2, "", 1, apex, apex, apex)])
    assert [one.tobytes() for one in seen] == [read_sample(file).tobytes()]
    (segment,) = result.segments
    assert segment.apex_emotion in pipeline.networks.apex.engine.weights.classes
    assert 0 < segment.apex_confidence < 1
    assert segment.emotion, "the frame network names it too"


@pytest.mark.parametrize("run", ["stack", "sequence"], indirect=True)
def test_every_frame_of_a_real_clip_has_a_row_and_probabilities(clips, run):
    analysis = analyze(clips / "labelled" / "happiness.mp4", weights=run, progress=False)
    table, classes = analysis.timeline, find_weights(run).classes
    assert list(table["frame_index"]) == list(range(150))
    sums = table[[f"p_{name}" for name in classes]].sum(axis=1)
    np.testing.assert_allclose(sums, 1, atol=1e-6)
    assert set(table["status"]) <= {"ok", "interpolated", "uncertain", "low_quality"}
    (network,) = analysis.summary()["networks"]
    assert network["reads"] == run.name
    assert network["window"]["hop"] > 0


def test_command_python_and_one_call_give_the_same_bytes(emo, clips, runs, tmp_path):
    clip, weights = clips / "single_face.mp4", runs["sequence"]
    code, _, errors = emo("analyze", clip, "--weights", weights, "--out", tmp_path / "a", "--outputs", "timeline")
    assert code == 0, errors
    Analyzer(weights=weights).analyze(clip, progress=False).save(tmp_path / "b", ["timeline"])
    analyze(clip, weights=weights, progress=False).save(tmp_path / "c", ["timeline"])
    first, *others = [(tmp_path / name / "timeline.csv").read_bytes() for name in "abc"]
    assert others == [first, first]


def test_a_clip_shorter_than_the_window_has_rows_that_say_so(clips, runs):
    analysis = analyze(clips / "single_face.mp4", weights=runs["stack"], progress=False)
    table = analysis.timeline
    assert set(table["status"]) == {"short_window"}
    assert len(table) == 72
    assert table["emotion"].isna().all()
    assert analysis.people["dominant_emotion"].isna().all()
    (warning,) = analysis.summary()["warnings"]
    assert "1 track of 1 too short for the network, which needs 75 frames (2.5 s) of a face" in warning


def test_two_people_are_read_each_on_their_own_and_it_is_said(clips, runs):
    analysis = analyze(clips / "two_people.gif", weights=runs["sequence"], progress=False)
    faces = analysis.timeline[analysis.timeline["status"] != "no_face"]
    assert faces["person_id"].nunique() == 2
    assert any("each is read on its own" in warning for warning in analysis.summary()["warnings"])


def test_apex_weights_stand_beside_the_frame_network(clips, runs):
    analysis = analyze(clips / "WolfgangLanger_Pexels.mp4", weights=runs["apex"], progress=False, sample_fps=10)
    plain = analyze(clips / "WolfgangLanger_Pexels.mp4", progress=False, sample_fps=10)
    pd.testing.assert_frame_equal(analysis.timeline, plain.timeline)
    assert len(analysis.segments) == len(plain.segments) > 0
    assert analysis.segments["apex_emotion"].isin(find_weights(runs["apex"]).classes).all()
    assert [one["reads"] for one in analysis.summary()["networks"]] == ["frame", "apex"]


def test_apex_only_takes_all_emotions_from_the_apex_network(home, runs):
    clip_id = next(iter(prepared(home, "apex")))
    analysis = analyze(clip_of(home, clip_id), weights=runs["apex"], apex_only=True, segments="one", progress=False)
    table, (segment,) = analysis.timeline, analysis.segments.to_dict("records")
    assert table["emotion"].notna().sum() == 1
    assert table["smoothed_confidence"].dropna().round(5).unique() == [round(segment["apex_confidence"], 5)]


def test_the_figures_on_other_clips_leave_out_what_the_weights_cannot_name(emo, home, clips, runs, tmp_path):
    for name in ("anger", "happiness", "contempt"):
        (tmp_path / name).mkdir()
        shutil.copy(clips / "labelled" / f"{'anger' if name == 'contempt' else name}.mp4", tmp_path / name / "one.mp4")
    code, told, errors = emo("evaluate", runs["sequence"], "folder", "--root", tmp_path, "--json")
    assert code == 0, errors
    report = json.loads(told)
    assert report["n"] == 2
    assert report["left_out"] == {"contempt": 1}


def test_a_file_of_eight_bits_is_measured_on_itself(home, runs, tmp_path, monkeypatch):
    monkeypatch.setenv("EMO_DATA_DIR", str(home))
    out = export_weights([str(runs["sequence"])], tmp_path / "small.onnx", Form(int8=True), corpus_of(home))
    small, whole = find_weights(out), find_weights(runs["sequence"])
    assert small.sidecar["int8"]
    assert b"QuantizeLinear" in out.read_bytes()
    assert small.window == whole.window
    assert small.sidecar["metrics"]["test"]["n"] == whole.sidecar["metrics"]["test"]["n"]


def changed(run, folder, change) -> str:
    """A copy of a run's weights file whose sidecar is changed."""
    weights = find_weights(run)
    shutil.copy(weights.path, folder / "changed.onnx")
    sidecar = json.loads(weights.path.with_suffix(".json").read_text())
    change(sidecar)
    (folder / "changed.json").write_text(json.dumps(sidecar))
    return str(folder / "changed.onnx")


def detector(name):
    return lambda sidecar: sidecar["experiment"]["representation"].update(detector=name)


def version(number):
    return lambda sidecar: sidecar["experiment"]["representation"].update(version=number)


BROKEN = [
    (version(0), {}, WeightsError, "samples are version 0 of stack, expected 1.*train it again"),
    (detector("none"), {}, WeightsError, "whole pictures of faces.*--detector mediapipe"),
    (lambda sidecar: None, {"detector": "haar"}, EmoError, "cut with the detector mediapipe_mesh.*found haar"),
    (lambda sidecar: sidecar.pop("window"), {}, WeightsError, "expected `window` in its sidecar.*emo export RUN"),
    (lambda sidecar: sidecar["window"].update(hop=0), {}, WeightsError, "not a sidecar of this package"),
    (lambda sidecar: None, {"apex_only": True}, EmoError, "reads windows of 90 frames, so apex_only cannot"),
    (lambda sidecar: None, {"embeddings": True}, EmoError, "leave embeddings out"),
]


@pytest.mark.parametrize(("change", "options", "kind", "message"), BROKEN)
def test_what_cannot_be_read_is_named_before_a_clip_is_opened(runs, tmp_path, change, options, kind, message):
    with pytest.raises(kind, match=message):
        Analyzer(changed(runs["stack"], tmp_path, change), **options)


def test_an_absent_detector_is_named_and_nothing_is_written(emo, clips, runs, tmp_path, monkeypatch):
    monkeypatch.setenv("EMO_MODELS_DIR", str(tmp_path))
    (tmp_path / "face_landmarker.task").write_text("not the model")
    out = tmp_path / "out"
    code, _, errors = emo("analyze", clips / "single_face.mp4", "--weights", runs["stack"], "--out", out)
    assert code != 0
    assert "face_landmarker" in errors
    assert not out.exists()


def test_a_run_without_a_weights_file_says_how_to_write_it(runs, tmp_path):
    older = tmp_path / "older"
    shutil.copytree(runs["stack"], older)
    RunFolder(older).fold(0).weights_file.unlink()
    with pytest.raises(RunError, match=r"found face_net_stack on the representation stack.*emo export .*--out"):
        Analyzer(older)


def test_a_stream_says_that_it_has_no_windows(runs):
    with pytest.raises(EmoError, match="reads windows of 41 frames, which a stream does not have"):
        Analyzer(runs["sequence"]).stream([np.zeros((64, 64, 3), np.uint8)], fps=25)


def test_still_pictures_are_refused(emo, runs):
    code, _, errors = emo("evaluate", runs["stack"], "ferplus")
    assert code != 0
    assert "expected weights that read one face, for still pictures" in errors


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Tables of numbers of RAVDESS clips: for training, and of other people."""
    folder, rng = tmp_path_factory.mktemp("tables"), np.random.default_rng(0)
    for name, actors in (("train", range(1, 7)), ("other", range(7, 9))):
        lines = ["clip,a,b"]
        for actor in actors:
            for emotion in range(1, 9):
                clip = f"01-01-{emotion:02d}-01-01-01-{actor:02d}"
                lines.append(f"{clip},{emotion + rng.normal(0, 0.1):.4f},{rng.normal():.4f}")
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    (folder / "narrow.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def features_run(tables, tmp_path_factory):
    settings = {"backbone": "mlp", "epochs": 2}
    data = Data("ravdess", "features", features=tables / "train.csv")
    return train(data, settings, "subject", fold=0, folds=3, out=tmp_path_factory.mktemp("runs") / "features").folder


def test_a_run_on_features_is_measured_with_another_table_and_reads_no_clip(emo, clips, features_run, tables, tmp_path):
    code, told, errors = emo("evaluate", features_run, "ravdess", "--features", tables / "other.csv", "--json")
    assert code == 0, errors
    assert (json.loads(told)["n"], json.loads(told)["subjects"]) == (16, 2)
    code, _, errors = emo("evaluate", features_run, "ravdess", "--features", tables / "narrow.csv")
    assert code != 0
    assert "expected the 2 columns of train.csv, found 1" in errors
    out = tmp_path / "out"
    code, _, errors = emo("analyze", clips / "single_face.mp4", "--weights", features_run, "--out", out)
    assert code != 0
    assert "a clip cannot be read with it" in errors
    assert "--features FILE" in errors
    assert not out.exists()
