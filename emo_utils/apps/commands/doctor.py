"""`emo doctor`: check the installation."""

import typer

from emo_utils.apps.commands.shared import WRONG_REQUEST, Json, print_json


def doctor(as_json: Json = False) -> None:
    """Check the installation: packages, the one cv2, model files, weights, a clip written and read.

    Example: emo doctor
    """
    from emo_utils.workflows.doctor import run_checks

    checks = run_checks()
    if as_json:
        print_json([vars(check) for check in checks])
    else:
        for check in checks:
            typer.echo(f"{check.state:<8} {check.name:<22} {check.finding}")
    if any(check.state == "FAILED" for check in checks):
        raise typer.Exit(WRONG_REQUEST)
