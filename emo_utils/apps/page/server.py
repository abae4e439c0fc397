"""The page as a web application: Gradio's, behind a guard, with routes for uploads, files and live cameras."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read by Gradio when it is imported
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import gradio
import uvicorn
from fastapi import FastAPI, Request
from gradio.route_utils import (
    FileUploadProgress,
    FileUploadProgressNotQueuedError,
    FileUploadProgressNotTrackedError,
    MultiPartException,
    upload_fn,
)
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from emo_utils.apps.page.choices import Choices
from emo_utils.apps.page.downloads import zip_of
from emo_utils.apps.page.engine import Engine, analyzer
from emo_utils.apps.page.guard import Guard, token_of
from emo_utils.apps.page.layout import page
from emo_utils.apps.page.limits import Limits
from emo_utils.apps.page.live_socket import LiveSockets
from emo_utils.apps.page.results import FILES, is_hidden
from emo_utils.apps.page.theme import CSS, HEAD, STATIC, emo_theme
from emo_utils.apps.page.visitors import NotYours, Visitors
from emo_utils.errors import EmoError
from emo_utils.inference.options import AnalysisOptions

INLINE = {".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
"""Files that the page shows; all others are only saved."""

SPACES = "'self' https://huggingface.co"
"""Pages that may show this one in a frame, when it is a Space."""


@dataclass(frozen=True)
class Page:
    """A page that can be served.

    Attributes:
        app: the ASGI application.
        visitors: their files; `close` deletes them.
    """

    app: Guard
    visitors: Visitors


def build(limits: Limits, weights: tuple[str, ...] = (), *, public: bool = False, parents: str = "'self'") -> Page:
    """Build the page.

    Args:
        limits: what visitors may upload and use.
        weights: further networks that are offered.
        public: strangers use it: there is no journal.
        parents: pages that may show it in a frame.

    Raises:
        EmoError: one of the networks cannot be read.
    """
    choices, visitors = Choices.of(weights), Visitors(limits)
    os.environ["GRADIO_TEMP_DIR"] = str(visitors.root)  # Gradio reads and writes in this folder alone
    os.environ["GRADIO_EXAMPLES_CACHE"] = str(visitors.root / "none")
    engine = Engine(limits, visitors)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        visitors.start_sweeping()
        yield
        visitors.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    _add_routes(app, visitors)
    sockets = LiveSockets(limits, analyzer(AnalysisOptions(choices.weights[choices.default])).pipeline)
    app.add_api_websocket_route("/emo/live", sockets.answer)
    blocks = page(engine, choices, public)
    gradio.mount_gradio_app(
        app, blocks, path="/", theme=emo_theme(), css=CSS, head=HEAD, footer_links=[], show_error=False,
        max_file_size=limits.max_bytes, ssr_mode=False, mcp_server=False, run_history=False, enable_monitoring=False,
    )  # fmt: skip
    return Page(Guard(app, visitors, parents), visitors)


def serve(page: Page, host: str, port: int) -> None:
    """Serve a page until the process is stopped; then the files of all visitors are deleted."""
    try:
        uvicorn.run(
            page.app, host=host, port=port, log_level="warning", server_header=False, ws_max_size=1_000_000,
            forwarded_allow_ips="*", timeout_graceful_shutdown=3,
        )  # fmt: skip
    finally:
        page.visitors.close()


def _add_routes(app: FastAPI, visitors: Visitors) -> None:
    uploads = FileUploadProgress()

    @app.post("/gradio_api/upload")
    async def upload(request: Request, upload_id: str | None = None) -> Response:
        return await _upload(request, visitors, uploads, _own(request, upload_id))

    @app.get("/gradio_api/upload_progress")
    async def upload_progress(request: Request, upload_id: str) -> Response:
        return StreamingResponse(
            _upload_events(request, uploads, _own(request, upload_id)), media_type="text/event-stream"
        )

    @app.get("/emo/static/{name}")
    def static(name: str) -> Response:
        found = {path.name: path for path in STATIC.iterdir()}.get(name)
        return FileResponse(found) if found else PlainTextResponse("", 404)

    @app.get("/emo/health")
    def health() -> Response:
        return PlainTextResponse("ok")

    @app.get(f"/{FILES}/{{job}}.zip")
    def everything(request: Request, job: str) -> Response:
        try:
            folder = visitors.result(token_of(request.scope), job)
        except NotYours as error:
            return PlainTextResponse(str(error), 404)
        return FileResponse(zip_of(folder, visitors.root), filename="results.zip")

    @app.get(f"/{FILES}/{{job}}/{{name:path}}")
    def file(request: Request, job: str, name: str) -> Response:
        token = token_of(request.scope)
        try:
            path = visitors.owned(token, visitors.result(token, job) / shown(name))
        except NotYours as error:
            return PlainTextResponse(str(error), 404)
        kind = INLINE.get(path.suffix)
        headers = {"Cache-Control": "private, no-store"}
        return FileResponse(
            path, media_type=kind or "application/octet-stream", filename=path.name, headers=headers,
            content_disposition_type="inline" if kind else "attachment",
        )  # fmt: skip


def _own(request: Request, upload_id: str | None) -> str | None:
    """The id of an upload, which is of use only with the cookie of its visitor."""
    return upload_id and f"{token_of(request.scope)} {upload_id}"


def shown(name: str) -> str:
    """A name of a file that may be given out.

    Raises:
        NotYours: it is hidden, or leaves its folder.
    """
    if is_hidden(Path(name)):
        raise NotYours("this file is not there")
    return name


async def _upload(request: Request, visitors: Visitors, uploads: FileUploadProgress, upload_id: str | None) -> Response:
    """Take a file into a folder of its visitor; the answer is its path, as Gradio's own route gives it."""
    limits = visitors.limits
    try:
        job = visitors.new_upload(token_of(request.scope))
    except EmoError as error:
        return PlainTextResponse(str(error), 403 if isinstance(error, NotYours) else 503)
    try:
        watched = uploads if upload_id else None
        files, _, _ = await upload_fn(request, str(job.folder), limits.max_bytes, upload_id, upload_progress=watched)
    except MultiPartException as error:
        shutil.rmtree(job.folder, ignore_errors=True)
        if "maximum allowed size" in error.message:
            return PlainTextResponse(f"The file is too large; clips may have {limits.in_words()}.", 413)
        return PlainTextResponse("The upload is damaged; try again.", 400)
    except BaseException:
        shutil.rmtree(job.folder, ignore_errors=True)
        raise
    return Response(json.dumps(files), media_type="application/json")


async def _upload_events(request: Request, uploads: FileUploadProgress, upload_id: str) -> AsyncIterator[str]:
    """How much of a file has come, as Gradio's own route gives it."""
    try:
        await asyncio.wait_for(uploads.is_tracked(upload_id), timeout=3)
        while not await request.is_disconnected():
            if uploads.is_done(upload_id):
                yield f"data: {json.dumps({'msg': 'done'})}\n\n"
                break
            try:
                part = uploads.pop(upload_id)
            except FileUploadProgressNotQueuedError:
                await asyncio.sleep(0.05)
                continue
            message = {"msg": "update", "orig_name": part.filename, "chunk_size": part.chunk_size}
            yield f"data: {json.dumps(message)}\n\n"
    except (TimeoutError, FileUploadProgressNotTrackedError):
        return
    finally:
        uploads.stop_tracking(upload_id)
