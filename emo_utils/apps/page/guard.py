"""What stands before the page: which addresses exist, whose files are given out, how large a request may be.

Gradio gives every file of its folder to whoever knows the address. Here a file is given only to the visitor whose
cookie it belongs to. Addresses that the page does not need do not exist. Every answer has a content security policy.
"""

import re
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emo_utils.apps.page.visitors import COOKIE, TOKEN, NotYours, Visitors
from emo_utils.hashing import sha256_source

FILE = "/gradio_api/file="
UPLOAD = "/gradio_api/upload"

PAGES = {"/", "/config", "/config/", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt"}
API = {"info", "app_id", "login_check", "startup-events", "theme.css", "upload", "upload_progress", "cancel", "reset"}
STARTS = ("/assets/", "/static/", "/emo/", "/gradio_api/queue/", "/gradio_api/heartbeat/", FILE)
"""All addresses that exist."""

MULTIPART_BYTES = 64_000
"""Size of an upload beside the bytes of the file."""

LARGEST_REQUEST = 1_000_000
"""Bytes of a request that is no upload."""

POLICY = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors {parents}"
)
"""Nothing is loaded from elsewhere. Scripts within the page are allowed by hash; Gradio needs styles within it."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}

SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)


class Guard:
    """ASGI middleware around the page.

    Args:
        app: the page.
        visitors: whose files are whose.
        parents: pages that may show this one in a frame, as a source list of the policy.
    """

    def __init__(self, app: ASGIApp, visitors: Visitors, parents: str = "'self'"):
        self._app, self._visitors, self._parents = app, visitors, parents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        token = token_of(scope)
        refusal = self._refusal(scope, token)
        if scope["type"] == "websocket":
            if refusal:
                await send({"type": "websocket.close", "code": 4403})
            else:
                await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send, token, self._parents)
        if refusal:
            await refusal(scope, receive, answer)
        else:
            await self._app(scope, receive, answer)

    def _refusal(self, scope: Scope, token: str | None) -> PlainTextResponse | None:
        path, headers = scope["path"], Headers(scope=scope)
        if not exists(path):
            return PlainTextResponse("There is nothing at this address.", 404)
        if scope["type"] == "websocket":
            host = headers.get("x-forwarded-host") or headers.get("host")
            own = headers.get("origin", "").partition("://")[2] == host
            return None if own and token else PlainTextResponse("", 403)
        if scope["method"] not in ("GET", "HEAD"):
            return self._refused_post(path, headers, token)
        if path.startswith(FILE):
            try:
                self._visitors.owned(token, path.removeprefix(FILE))
            except NotYours as error:
                return PlainTextResponse(str(error), 404)
        return None

    def _refused_post(self, path: str, headers: Headers, token: str | None) -> PlainTextResponse | None:
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("Requests from other sites are refused.", 403)
        limits = self._visitors.limits
        largest = limits.max_bytes + MULTIPART_BYTES if path == UPLOAD else LARGEST_REQUEST
        size = headers.get("content-length", "")
        if not size.isdecimal():
            return PlainTextResponse("A request must name its size.", 411)
        if int(size) > largest:
            return PlainTextResponse(f"The file is too large; clips may have {limits.in_words()}.", 413)
        if not token:
            return PlainTextResponse("Load the page again, with cookies allowed.", 403)
        return None


def exists(path: str) -> bool:
    """Whether the page has this address."""
    api = path.removeprefix("/gradio_api/").rstrip("/")
    return path in PAGES or path.startswith(STARTS) or (path.startswith("/gradio_api/") and api in API)


def token_of(scope: Scope) -> str | None:
    """The visitor's token from the cookie; None if there is none or it was not made here."""
    try:
        cookie = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie and TOKEN.fullmatch(cookie.value) else None


class _Answer:
    """Sends an answer on with the headers of this page; the page itself also gets its policy and a cookie."""

    def __init__(self, scope: Scope, send: Send, token: str | None, parents: str):
        self._scope, self._send, self._token, self._parents = scope, send, token, parents
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message  # until the scripts are known
                return
            headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
        if self._start is None or message["type"] != "http.response.body":
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body"):
            await self._send_page()

    async def _send_page(self) -> None:
        headers = MutableHeaders(scope=self._start)
        headers["Content-Security-Policy"] = POLICY.format(scripts=script_hashes(self._body), parents=self._parents)
        headers["Cache-Control"] = "no-store"
        if not self._token:
            headers.append("Set-Cookie", _cookie(self._scope))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})


def script_hashes(html: bytes) -> str:
    """The hashes of the scripts within a page, as sources of a content security policy."""
    return " ".join(f"'{sha256_source(script)}'" for script in SCRIPT.findall(html))


def _cookie(scope: Scope) -> str:
    secure = scope["scheme"] == "https" or Headers(scope=scope).get("x-forwarded-proto", "").startswith("https")
    site = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"  # Spaces are shown in a frame
    return f"{COOKIE}={Visitors.new_token()}; Path=/; HttpOnly; {site}"
