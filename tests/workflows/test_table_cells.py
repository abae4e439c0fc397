"""Every figure of the sources is there as printed, and every cell says runs that can be made."""

import pytest
from finished_runs import CELLS, plan

from emo_utils.datasets.registry import corpora
from emo_utils.errors import UnknownNameError
from emo_utils.workflows.tables.cells import find_table
from emo_utils.workflows.tables.real_cells import TRAINED, method_of

pytestmark = pytest.mark.usefixtures("nothing_here")
MISSION = {
    "S0/vit/happiness": "91.5 %",
    "S0/vit/sadness": "88.3 %",
    "S0/vit/anger": "90.1 %",
    "S0/vit/surprise": "89.7 %",
    "S0/vit/fear": "86.0 %",
    "S1/accuracy": "~85 %",
    "S1/macro_f1": "~0.83",
    "S2/resnet50": "78 %",
    "S2/vgg16": "52 %",
    "S2/hybrid": "39 %",
    "S2/smoothed": "95 %",
    "S3/5/mobilenetv3_large": "64.13 %",
    "S3/5/efficientnetv2_s": "85.87 %",
    "S3/5/efficientnetv2_m": "82.61 %",
    "S3/10/mobilenetv3_large": "61.69 %",
    "S3/10/efficientnetv2_s": "76.09 %",
    "S3/10/efficientnetv2_m": "73.91 %",
    "S3/15/mobilenetv3_large": "77.17 %",
    "S3/15/efficientnetv2_s": "79.35 %",
    "S3/15/efficientnetv2_m": "73.91 %",
    "S3/parameters/mobilenetv3_large": "3.469 M",
    "S3/parameters/efficientnetv2_s": "20.839 M",
    "S3/parameters/efficientnetv2_m": "53.520 M",
    "S4/lstm": "80 %",
    "S4/attention": "73 %",
    "FER+/shipped": "",
    "FER+/anew": "",
    "FER+/reference/1": "85.0 %",
    "FER+/reference/2": "87.4 %",
    "FER+/reference/3": "88.8 %",
    "FER+/reference/4": "89.4 %",
    "FER+/reference/5": "91.6 %",
    "FER+/reference/6": "62.9 %",
    "AU/logistic_regression": "",
    "AU/extra_trees": "",
    "AU/published": "",
}


def test_no_cell_is_missing_and_none_is_invented():
    assert {key for key in CELLS if not key.startswith("REAL/")} == set(MISSION)


@pytest.mark.parametrize(("key", "figure"), MISSION.items())
def test_a_cell_prints_the_sources_own_figure(key, figure):
    assert CELLS[key][1].source == figure


@pytest.mark.parametrize("key", [key for key, (_, cell) in CELLS.items() if getattr(cell.how, "settings", None)])
def test_a_cells_settings_are_some_that_can_be_trained(key):
    """Network, representation, recipe and corpus fit; making the plan makes the `Experiment`, which checks itself."""
    from emo_utils.models import find_backbone, takes
    from emo_utils.training.classical import classical_models

    how = CELLS[key][1].how
    if how.representation == "features":
        assert how.settings["backbone"] in classical_models
        return
    factory = find_backbone(how.settings["backbone"])
    assert takes(how.settings["backbone"], how.representation)
    assert bool(how.encoders) == ("embeddings" in factory.accepts)
    assert how.settings.get("weights") in (None, *factory.starts)
    assert plan(key).expected[0]["corpus"] == how.corpus


def test_s4_is_run_as_it_says():
    made = plan("S4/lstm").expected
    assert len(made) == 1, "one random split"
    assert (made[0]["protocol"], made[0]["epochs"], made[0]["optimizer"]) == ("random", 30, "adam")
    assert made[0]["learning_rate"] == 1e-3
    assert {key: made[0]["representation"][key] for key in ("frames", "size")} == {"frames": 60, "size": 64}
    by_person = plan("S4/lstm", "by_person")
    assert len(by_person.folders) == 5
    assert by_person.expected[0]["protocol"] == "subject"
    assert by_person.folders[0].parent != plan("S4/lstm", "by_person", corpus="sample").folders[0].parent


def test_ten_actors_and_all_actors_do_not_share_a_folder():
    from emo_utils.workflows.plan import default_folder, experiment_for
    from emo_utils.workflows.sources import Data, outline

    some, every = (Data("ravdess", "sequence", {}, options) for options in ({"actors": (1, 2)}, {"root": "x"}))
    experiment = experiment_for("ravdess", outline(every), {}, "random", None, 0)
    assert default_folder(every, experiment).path.name == experiment.name
    assert default_folder(some, experiment).path.name.startswith(f"{experiment.name}-")


def test_a_table_is_found_by_its_usual_names():
    assert [find_table(name).name for name in ("s3", "T-S3", "ferplus", "fer+")] == ["S3", "S3", "FER+", "FER+"]
    with pytest.raises(UnknownNameError, match="known: AU, FER"):
        find_table("S9")


def test_every_corpus_of_a_cell_is_registered():
    assert {cell.how.corpus for _, cell in CELLS.values() if getattr(cell.how, "corpus", None)} <= set(corpora)


def test_the_real_corpus_has_no_figure_of_a_source():
    real = [cell for key, (_, cell) in CELLS.items() if key.startswith("REAL/")]
    assert {cell.source for cell in real} == {""}
    assert {cell.how.corpus for cell in real} == {"javanese"}


def test_each_method_of_a_source_has_its_cell_on_the_real_corpus():
    methods = {method_of(table.name, cell.name) for table, cell in CELLS.values()} - {""}
    assert methods == set(TRAINED)
    assert method_of("S3", "5/efficientnetv2_s") == method_of("S3", "15/efficientnetv2_s") == "S3/efficientnetv2_s"
    assert not method_of("S3", "parameters/mobilenetv3_large")
