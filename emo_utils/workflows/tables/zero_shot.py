"""Plans of cells of the kind `ZeroShot`; registered with `plans.plan_for` where this file is imported."""

from functools import partial
from pathlib import Path

from emo_utils.run_folder import RunFolder
from emo_utils.settings import load_settings
from emo_utils.training.experiment import code_commit
from emo_utils.workflows.tables.cell_types import ZeroShot
from emo_utils.workflows.tables.plans import BY_PERSON, NotPossibleError, Plan, Request, plan_for, write_metrics


@plan_for.register
def _(how: ZeroShot, side: str, request: Request, seed: int) -> Plan:
    from emo_utils.inference.weights import find_weights

    if request.corpus not in (None, how.corpus):
        raise NotPossibleError(f"these weights are measured on {how.corpus} alone")
    if side != BY_PERSON:
        raise NotPossibleError("nobody of the corpus was trained on")
    sha256 = find_weights(how.weights).sidecar["sha256"]
    settings = {"zero_shot": how.weights, "sha256": sha256, "corpus": how.corpus, "baseline": "people"}
    folder = load_settings().data_dir / "runs" / how.corpus / f"zero-shot-{how.weights}-{sha256[:8]}"
    measuring = partial(_measure_zero_shot, how, request.root, folder, settings)
    return Plan((folder,), (settings,), measuring, "all clips")


def _measure_zero_shot(how: ZeroShot, root: Path | None, folder: Path, settings: dict) -> None:
    from emo_utils.evaluation.evaluate_clips import evaluate_clips

    folder.mkdir(parents=True, exist_ok=True)
    predictions = RunFolder(folder).predictions_file("test")
    report = evaluate_clips(how.weights, how.corpus, root, baseline="people", predictions=predictions)
    kept = {key: report[key] for key in ("n", "people", "accuracy", "accuracy_interval_95")}
    kept["baseline"] = {key: report["baseline"][key] for key in ("accuracy", "accuracy_interval_95")}
    write_metrics(folder, {"experiment": settings, "commit": code_commit(), "report": kept})


def zero_shot_report(metrics: dict, metric: str) -> dict:
    """Figure, interval and counts of a finished run, as fields of `CellResult`.

    Args:
        metrics: of the run.
        metric: `accuracy`, or `baseline/accuracy` with each person's baseline taken off.
    """
    report = metrics["report"]
    figure = report["baseline"] if metric.startswith("baseline/") else report
    low, high = figure["accuracy_interval_95"]
    return {"value": figure["accuracy"], "low": low, "high": high, "n": report["n"], "people": report["people"]}
