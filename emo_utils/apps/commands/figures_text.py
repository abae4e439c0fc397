"""Figures of an evaluation as text in a terminal."""

import typer

HOW_READ = {
    "detect": "found by {}",
    "asis": "taken as they are",
    "both": "as they are and found by {}, the mean of both predictions",
}
"""Text for each of `faces.pictures.FACES`, with the detector."""

NAMED = 5
"""Number of files that the text names; JSON names all."""


def print_report(title: str, report: dict) -> None:
    """Print the figures of `evaluation.measure`, and whatever else the report holds."""
    typer.echo(f"{title}: {report['n']} clips, {report['people']} people, {len(report['classes'])} classes\n")
    _print_files(report)
    for name, key in (("accuracy", "accuracy"), ("UAR", "uar"), ("macro-F1", "macro_f1")):
        low, high = report[f"{key}_interval_95"]
        typer.echo(f"  {name:<9} {report[key]:6.1%}   95 % interval over people {low:.1%} to {high:.1%}")
    if "files" in report:
        uar = f", UAR {report['uar_all']:.1%}" if "uar_all" in report else ""
        typer.echo(
            f"  all {report['files']} files, missed ones counted as errors: accuracy {report['accuracy_all']:.1%}{uar}"
        )
    _print_calibration(report)
    typer.echo(f"\n  {'class':<12} {'recall':>7} {'precision':>10} {'F1':>7} {'clips':>6}   most often taken for")
    for name, row in zip(report["classes"], report["confusion"], strict=True):
        _print_class(name, dict(zip(report["classes"], row, strict=True)), report)
    _print_people(report["per_person"])
    _print_votes(report.get("votes"))
    _print_baseline(report.get("baseline"))
    _print_coverage(report)


def _print_calibration(report: dict) -> None:
    typer.echo("\n             before   after temperature scaling")
    for name, key in (("ECE", "ece"), ("NLL", "nll")):
        after = report[f"{key}_after"]
        typer.echo(f"  {name:<9} {report[key]:7.3f} {'-' if after is None else f'{after:7.3f}'}")
    temperature = report["temperature"]
    if temperature["values"]:
        typer.echo(f"  temperature {temperature['value']:.2f}, {temperature['source']}: {temperature['note']}")


def _print_class(name: str, named: dict[str, int], report: dict) -> None:
    """One row; a class without clips has no figures."""
    if not report["support"][name]:
        typer.echo(f"  {name:<12} {'-':>7} {'-':>10} {'-':>7} {0:6}   -")
        return
    recall, precision, f1 = (report[key][name] for key in ("recall", "precision", "f1"))
    others = {other: count for other, count in named.items() if other != name}
    most = max(others, key=others.get)
    taken = f"{most} ({others[most]})" if others[most] else "-"
    figures = f"{recall:7.1%} {precision:10.1%} {f1:7.1%} {report['support'][name]:6}"
    typer.echo(f"  {name:<12} {figures}   {taken}")


MISSED = {
    "no_face": "no face found in",
    "too_short": "too short for the network:",
    "unreadable": "cannot be read:",
}
"""Why files were not measured, by the entry of the report that names them."""


def _print_files(report: dict) -> None:
    """Print which files were read, and which were not and why."""
    if "rule" in report:
        typer.echo(f"  labels    by {report['rule']} of the votes")
    if "prior" in report:
        typer.echo(f"  prior     {report['prior']}")
    if "faces" in report:
        how = HOW_READ[report["faces"]].format(report["detector"])
        count = f": {report['n']} of {report['files']} files" if "files" in report else ""
        typer.echo(f"  faces     {how}{count}")
    if "files" not in report:
        return
    for key, what in (
        ("no_face", "no face found in"),
        ("too_short", "too short for the network:"),
        ("unreadable", "cannot be read:"),
    ):
        names = list(report.get(f"{key}_files", ()))
        if names:
            more = ", ..." if len(names) > NAMED else ""
            typer.echo(f"  MISSED    {what} {len(names)} files: {', '.join(names[:NAMED])}{more}")
    for name, count in report["left_out"].items():
        typer.echo(f"  LEFT OUT  {name}: {count} files; these weights do not name it")
    if report["passed_over"]:
        typer.echo(f"  passed over: {report['passed_over']} files that are neither picture nor video")
    typer.echo()


def _print_baseline(baseline: dict | None) -> None:
    """Print the figures after subtracting the baseline, and its warnings."""
    if not baseline:
        return
    owner = "each person's own" if baseline["kind"] == "people" else "the collection's"
    typer.echo(f"\n  with {owner} baseline taken off ({baseline['note']}):")
    for name, key in (("accuracy", "accuracy"), ("UAR", "uar")):
        low, high = baseline[f"{key}_interval_95"]
        typer.echo(f"  {name:<9} {baseline[key]:6.1%}   95 % interval over people {low:.1%} to {high:.1%}")
    for warning in baseline["warnings"]:
        typer.echo(f"  WARNING   {warning}")


def _print_votes(votes: dict | None) -> None:
    if votes:
        typer.echo(
            f"\n  votes: divergence from all votes {votes['kl_all_votes']:.3f} nats, without single votes "
            f"{votes['kl_without_single_votes']:.3f}; at least three votes for what is named "
            f"{votes['label_has_three_votes']:.1%}"
        )


def _print_coverage(report: dict) -> None:
    rows = report.get("coverage")
    if not rows:
        return
    own = report.get("uncertain", {}).get("below")
    typer.echo("\n  left unnamed under      kept   accuracy of these")
    for row in rows:
        accuracy = "-" if row["accuracy"] is None else f"{row['accuracy']:.1%}"
        mark = "   (`uncertain` under this)" if row["threshold"] == own else ""
        typer.echo(f"  {row['threshold']:17.2f} {row['coverage']:9.1%} {accuracy:>9}{mark}")


def _print_people(per_person: dict) -> None:
    if not per_person:
        return
    ranked = sorted(per_person, key=lambda person: per_person[person]["accuracy"])
    low, middle, high = (
        f"{person} {per_person[person]['accuracy']:.1%}" for person in (ranked[0], ranked[len(ranked) // 2], ranked[-1])
    )
    typer.echo(f"\n  accuracy per person: lowest {low}, middle {middle}, highest {high}")


def print_comparison(other: str, comparison: dict) -> None:
    """Print the paired comparison of `evaluation.compare` with another table of predictions."""
    typer.echo(f"\nagainst {other}, on the same {comparison['n']} clips of {comparison['people']} people:")
    for name, key in (("accuracy", "accuracy"), ("UAR", "uar")):
        figure = comparison[key]
        low, high = figure["interval_95"]
        typer.echo(
            f"  {name:<9} {figure['a']:.1%} against {figure['b']:.1%}: {figure['difference']:+.1%}, 95 % interval over "
            f"people {low:+.1%} to {high:+.1%}; better in {figure['share_a_better']:.1%} of resamples; sign-flip p = "
            f"{figure['permutation_p']:.4f}"
        )
    mcnemar = comparison["mcnemar"]
    typer.echo(
        f"  right in one alone: {mcnemar['only_a']} against {mcnemar['only_b']} clips; McNemar's exact p = "
        f"{mcnemar['p']:.2g} (as if clips were independent)"
    )
