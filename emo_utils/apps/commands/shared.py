"""What the commands share: exit codes, the `--json` option, and how results are printed."""

import json
from typing import Annotated

import typer

from emo_utils.timeline import counted

DONE, BUG, WRONG_REQUEST, SOME_FAILED = 0, 1, 2, 3

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def names_in(text: str) -> tuple[str, ...]:
    """The names in a list with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def print_json(value) -> None:
    """Print plain values as JSON."""
    typer.echo(json.dumps(value, indent=1))


def print_result(result, so_far=None) -> None:
    """Print the result of one clip; for several clips also the progress and the time left."""
    typer.echo(f"{_counted(so_far)}{result.clip.name}: {_status_text(result)}")
    if result.status != "ok":
        return
    for person in result.summary["people"]:
        shares = sorted(person["share_of_time"].items(), key=lambda item: -item[1])
        shown = ", ".join(f"{name} {share:.0%}" for name, share in shares if share >= 0.01)
        number = person["segments"]["count"] if "segments" in person else None
        note = (person.get("segments") or {}).get("note")
        about = f" ({note})" if note else ""
        count = "" if number is None else f"; {number} segment{'s' * (number != 1)}{about}"
        typer.echo(f"  person {person['person_id']}: {shown}{count}")
    for missing in result.missing:
        typer.echo(f"  MISSING: {missing}")
    for path in sorted(result.folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            typer.echo(f"  {path}")


def print_baseline(result) -> None:
    """Print what a clip's people show after their baseline is taken off, and why that may be harmful."""
    baseline = result.summary.get("baseline")
    if not baseline:
        return
    typer.echo(f"{result.clip.name}: without the baseline ({baseline['kind']})")
    for person in result.summary["people"]:
        if not person["baseline"]:
            continue
        shares = sorted(person["baseline"]["share_of_time"].items(), key=lambda item: -item[1])
        shown = ", ".join(f"{name} {share:.0%}" for name, share in shares if share >= 0.01)
        about = baseline["people"][str(person["person_id"])]
        source = f"from {counted(about['clips'], 'clip')}, {counted(about['frames'], 'frame')}"
        typer.echo(f"  person {person['person_id']}: {shown}; {source}")
    for warning in baseline["warnings"]:
        typer.echo(f"  WARNING: {warning}")


def _counted(so_far) -> str:
    if so_far is None or so_far.total == 1:
        return ""
    left = f", about {_duration(so_far.left_s)} left" if so_far.left_s >= 1 else ""
    return f"[{so_far.done}/{so_far.total}{left}] "


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _status_text(result) -> str:
    if result.status != "ok":
        return f"FAILED, {result.reason}"
    about = result.summary
    people = len(about["people"])
    counts = (
        f"{about['frames']} frames over {about['duration_s']:.2f} s, {people} {'person' if people == 1 else 'people'}"
    )
    return f"{counts}; finished before" if result.read_before else f"{counts}, in {result.seconds:.1f} s"
