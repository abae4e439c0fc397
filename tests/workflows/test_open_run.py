"""A trained run opened again."""

import numpy as np
import pandas as pd
import pytest
from faces_on_disk import draw_ckplus

from emo_utils.errors import RunError
from emo_utils.run_folder import RunFolder
from emo_utils.workflows.open_run import open_run
from emo_utils.workflows.sources import Data
from emo_utils.workflows.train import train


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a fold that was trained for an epoch, and where its pictures are."""
    root, data = draw_ckplus(tmp_path_factory.mktemp("ckplus")), tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMO_DATA_DIR", str(data))
        about = Data("ckplus", "stack", {"channels": 3, "size": 48}, {"root": root}, workers=1)
        settings = {"backbone": "face_net", "backbone_options": {"widths": (8, 16), "blocks": 1}, "epochs": 1}
        run = train(about, {**settings, "weights": "random", "batch_size": 8}, "subject", fold=0, folds=10)
        yield run.folder / "fold_0", {"root": root}


def test_it_names_what_the_run_predicted(trained):
    folder, options = trained
    opened = open_run(folder, corpus_options=options)
    table = pd.read_csv(folder / "predictions_test.csv").set_index("clip_id")
    written = table.filter(like="p_").idxmax(axis=1).str.removeprefix("p_").loc[list(opened.samples.clip_ids)]
    assert list(opened.named(np.arange(len(opened.samples)))) == list(written)
    assert list(opened.emotions) == list(table["label"].loc[list(opened.samples.clip_ids)])


def test_it_has_features_and_faces_of_each_sample(trained):
    folder, options = trained
    opened = open_run(folder, "validation", options)
    rows = opened.one_each()
    assert sorted(opened.emotions[rows]) == sorted(set(opened.emotions))
    assert len(opened.features()) == len(opened.samples)
    for face, row in zip(opened.faces(rows), rows, strict=True):
        np.testing.assert_array_equal(face, opened.samples.items[int(row)][1])


def test_predictions_alone_cannot_be_opened(tmp_path):
    RunFolder(tmp_path).metrics_file.write_text('{"experiment": {"backbone": "extra_trees"}}')
    with pytest.raises(RunError, match="expected best.safetensors of a trained network, found extra_trees"):
        open_run(tmp_path)
