"""`emo app`: the page in a browser."""

from typing import Annotated

import typer

from emo_utils.errors import EmoError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def app(
    port: Annotated[int, typer.Option(help="Port of the page.", min=1, max=65535)] = 7860,
    host: Annotated[str, typer.Option(help="Address to listen on; others than this machine's need --public.")] = (
        LOOPBACK[0]
    ),
    weights: Annotated[
        list[str] | None, typer.Option(help="Further networks to offer: .onnx files, folders of training runs.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Strangers can reach it: needs limits, listens on all addresses.")
    ] = False,
    max_mb: Annotated[float | None, typer.Option(help="Largest upload, in megabytes; 500 if not --public.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Longest clip; 600 if not --public.")] = None,
    max_side: Annotated[int | None, typer.Option(help="Longest side of a frame, in pixels; 3840 if not --public.")] = (
        None
    ),
    max_queue: Annotated[int | None, typer.Option(help="Visitors that may wait; 16 if not --public.")] = None,
    max_live: Annotated[int | None, typer.Option(help="Live cameras at the same time; 2.")] = None,
    keep_minutes: Annotated[float | None, typer.Option(help="Results are deleted after this time; 30.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
) -> None:
    """Open the page: analyse clips, read a live camera, compare two clips, keep a journal.

    Everything stays on this machine; stop it with Ctrl-C.

    Example: emo app
    """
    from emo_utils.apps.page.limits import local_limits, public_limits

    given = {
        "max_mb": max_mb, "max_seconds": max_seconds, "max_side": max_side, "max_queue": max_queue,
        "max_live": max_live, "keep_minutes": keep_minutes,
    }  # fmt: skip
    limits = public_limits(given) if public else local_limits(given)
    if host not in LOOPBACK and not public:
        raise EmoError(f"--host {host}: others could reach the page; give --public and its limits for that")
    address = "0.0.0.0" if public and host in LOOPBACK else host
    from emo_utils.apps.page.server import build, serve

    page = build(limits, tuple(weights or ()), public=public)
    shown = f"http://{LOOPBACK[0]}:{port}"
    typer.echo(f"The page: {shown}. A clip may have {limits.in_words()}. Stop with Ctrl-C.")
    if browser and not public:
        typer.launch(shown)
    serve(page, address, port)
