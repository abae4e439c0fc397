"""What an ONNX file may hold: its own numbers, and nothing that leads to another file or runs code."""

import hashlib
import json
import pickle
import shutil
from pathlib import Path

import pytest

from emo_utils.errors import WeightsError
from emo_utils.inference.weights import SHIPPED, find_weights
from emo_utils.onnx_files import external_files, refuse_data_elsewhere

onnx = pytest.importorskip("onnx", reason="needs the extra 'train'")

PLACES = ["../../secret.bin", "/etc/passwd", "beside.bin", "C:\\secret.bin", ".."]


@pytest.fixture
def named(tmp_path):
    """Weights of our own: the shipped file, with its sidecar, after a change."""

    def make(change) -> Path:
        path = tmp_path / "own.onnx"
        shutil.copy(SHIPPED / "ferplus-tiny.onnx", path)
        change(path)
        sidecar = json.loads((SHIPPED / "ferplus-tiny.json").read_text())
        sidecar["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        path.with_suffix(".json").write_text(json.dumps(sidecar))
        return path

    return make


def outside(place: str, where: str = "initializer"):
    """A change that puts a tensor's numbers into the file `place`."""

    def change(path: Path) -> None:
        model = onnx.load(path)
        if where == "initializer":
            tensor = model.graph.initializer[0]
        else:  # in a node of a graph inside a node
            branch = onnx.helper.make_graph([], "branch", [], [])
            tensor = branch.initializer.add()
            tensor.CopyFrom(model.graph.initializer[0])
            tensor.name = "hidden"
            model.graph.node.append(onnx.helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch))
            tensor = model.graph.node[-1].attribute[0].g.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", place
        path.write_bytes(model.SerializeToString())

    return change


@pytest.mark.parametrize("place", PLACES)
def test_weights_whose_numbers_are_in_another_file_are_refused(named, place):
    path = named(outside(place))
    assert external_files(path) == [place]
    with pytest.raises(WeightsError, match="expected a file that holds all its numbers"):
        find_weights(path)


def test_they_are_found_in_a_graph_inside_a_node_too(named):
    with pytest.raises(WeightsError, match=r"found some in '\.\./hidden'"):
        find_weights(named(outside("../hidden", "branch")))


@pytest.mark.parametrize("name", sorted(path.name for path in SHIPPED.glob("*.onnx")))
def test_the_shipped_weights_hold_their_own_numbers(name):
    assert external_files(SHIPPED / name) == []


def test_a_pickle_with_a_right_hash_is_no_weights_file(named, tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    with pytest.raises(WeightsError, match="not an ONNX file"):
        find_weights(named(lambda path: path.write_bytes(pickle.dumps(Trap()))))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("share", [0, 0.2, 0.99])
def test_a_cut_off_file_is_named(named, share):
    def cut(path: Path) -> None:
        data = path.read_bytes()
        path.write_bytes(data[: int(share * len(data))])

    with pytest.raises(WeightsError, match=r"(is empty|cut off)"):
        refuse_data_elsewhere(named(cut))


@pytest.mark.parametrize("content", [b"not tensors", b"\x80\x04N.", b""])
def test_a_file_of_tensors_that_is_none_is_named(tmp_path, content):
    weights_file = pytest.importorskip("emo_utils.training.weights_file", reason="needs the extra 'train'")
    (tmp_path / "best.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match="expected tensors as safetensors"):
        weights_file.read_safetensors(tmp_path / "best.safetensors")


def test_a_pickle_among_embeddings_and_samples_is_refused(tmp_path):
    import numpy as np

    from emo_utils.errors import SampleError
    from emo_utils.inference.embedding_cache import read_embeddings
    from emo_utils.representations.sequence import load_sequence

    np.save(tmp_path / "a.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(SampleError, match="allow_pickle=False"):
        read_embeddings([tmp_path / "a.npy"])
    trap = np.array([{"a": 1}], object)
    np.savez(tmp_path / "a.npz", crops=trap, frame_index=trap, time_s=trap)
    with pytest.raises(SampleError, match="allow_pickle=False"):
        load_sequence(tmp_path / "a.npz")
