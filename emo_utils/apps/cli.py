"""The command line: `emo`. Each command is a file of `apps.commands`."""

import io
import logging
import os
import sys
from typing import Annotated

import typer

from emo_utils import __version__
from emo_utils.apps.commands.agree import agree
from emo_utils.apps.commands.analyze import analyze
from emo_utils.apps.commands.apex import apex
from emo_utils.apps.commands.app import app as page
from emo_utils.apps.commands.collect import collect
from emo_utils.apps.commands.demo import demo
from emo_utils.apps.commands.doctor import doctor
from emo_utils.apps.commands.evaluate import evaluate
from emo_utils.apps.commands.export import export
from emo_utils.apps.commands.features import features
from emo_utils.apps.commands.fetch import fetch
from emo_utils.apps.commands.forget import forget
from emo_utils.apps.commands.journal import journal
from emo_utils.apps.commands.live import live
from emo_utils.apps.commands.prepare import prepare
from emo_utils.apps.commands.shared import WRONG_REQUEST
from emo_utils.apps.commands.spot import spot
from emo_utils.apps.commands.tables import tables
from emo_utils.apps.commands.train import train
from emo_utils.errors import DENIED, MACHINE, EmoError, Stopped, in_words
from emo_utils.extras import is_optional, missing
from emo_utils.stopping import stop_on_signals

COMMANDS = {
    "Clips": (analyze, apex, spot, demo),
    "Studies": (collect, agree, forget),
    "Page and camera": (page, live),
    "Corpora and networks": (prepare, features, train, evaluate, export, tables),
    "This installation": (fetch, doctor),
}
"""Commands by heading, in the order of the help."""

GROUPS = {"Journal": journal}
"""Groups of commands by heading; each is a `typer.Typer` with a name."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for heading, commands in COMMANDS.items():
    for command in commands:
        app.command(rich_help_panel=heading)(command)
for heading, group in GROUPS.items():
    app.add_typer(group, rich_help_panel=heading)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(f"emo-utils {__version__}")
        raise typer.Exit()


@app.callback()
def emo(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Read facial expressions from video. An expression is what a face shows, not what a person feels.

    Example: emo analyze holiday.mp4 -o results
    """


def main() -> None:
    """Entry point; errors of the input or the request give one line and exit code 2."""
    os.environ.setdefault("MPLBACKEND", "agg")  # charts go to files; no window, no display needed
    for stream in (sys.stdout, sys.stderr):  # a file name may not fit the encoding of the terminal
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    console = logging.StreamHandler()  # warnings and errors only; the log of each clip holds the rest
    console.setLevel(logging.WARNING)
    logging.basicConfig(format="%(levelname)s: %(message)s", handlers=[console])
    try:
        with stop_on_signals():
            app(prog_name="emo")
    except EmoError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(WRONG_REQUEST)
    except (OSError, MemoryError) as error:  # of the machine: a full disk, no memory; anything else is a bug
        if isinstance(error, OSError) and error.errno not in (*MACHINE, *DENIED):
            raise
        typer.echo(f"error: {in_words(error)}; what was finished is kept", err=True)
        sys.exit(WRONG_REQUEST)
    except ModuleNotFoundError as error:
        if not is_optional(error.name or ""):
            raise
        command = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
        typer.echo(f"error: {missing(f'emo {command}', error.name)}", err=True)
        sys.exit(WRONG_REQUEST)
    except Stopped as stop:
        typer.echo(f"{stop}", err=True)
        sys.exit(stop.code)


if __name__ == "__main__":
    main()
