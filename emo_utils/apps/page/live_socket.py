"""Live cameras of the page: a browser sends pictures over a WebSocket and gets the rows of `Analyzer.stream` back.

A message from the browser is a frame (four bytes, its number in big-endian order, then a JPEG picture) or a command
(`rest`, `no rest`). The answers are JSON: first the classes and their colours, then one message per frame analysed.
Frames that come while one is analysed are dropped except the newest; nothing is stored.
"""

import asyncio
import json
import logging
import threading
import time
from functools import partial

from starlette.websockets import WebSocket, WebSocketDisconnect

from emo_utils.apps.page.limits import Limits
from emo_utils.errors import EmoError, in_words
from emo_utils.images import decode_image
from emo_utils.inference.live import LiveFrame, NewestFrame, RestBaseline, run_live
from emo_utils.inference.pipeline import Pipeline
from emo_utils.labels import COLOURS
from emo_utils.video import Picture

log = logging.getLogger(__name__)

MOST_PIXELS = 1280 * 1280
"""Size of a picture; the page sends 480 pixels on the longer side."""

LONGEST_S = 900.0
"""Duration after which a live camera ends, so that others get their turn."""

DIGITS = 3


class LiveSockets:
    """Answers the live cameras of all visitors, a limited number at a time.

    Args:
        limits: how many cameras may be live.
        pipeline: detector and network, with options that a stream can have.
    """

    def __init__(self, limits: Limits, pipeline: Pipeline):
        self._limits, self._pipeline = limits, pipeline
        self._active = 0

    async def answer(self, socket: WebSocket) -> None:
        """Answer one camera until it is stopped."""
        await socket.accept()
        if self._active >= self._limits.max_live:
            await _refuse(socket, "Other cameras are live now; try again in some minutes.")
            return
        self._active += 1
        try:
            await self._answer(socket)
        finally:
            self._active -= 1

    async def _answer(self, socket: WebSocket) -> None:
        classes = self._pipeline.weights.classes
        newest, rest = NewestFrame(), RestBaseline(self._pipeline.weights)
        messages: asyncio.Queue[dict | None] = asyncio.Queue()
        tell = partial(asyncio.get_running_loop().call_soon_threadsafe, messages.put_nowait)
        thread = threading.Thread(target=self._work, args=(newest, rest, tell), name="live", daemon=True)
        thread.start()
        await socket.send_text(json.dumps({"classes": classes, "colours": [COLOURS[name] for name in classes]}))
        reader = asyncio.create_task(_read(socket, newest, rest))
        try:
            while (message := await messages.get()) is not None:
                await socket.send_text(json.dumps(message))
            await socket.close()
        except (WebSocketDisconnect, RuntimeError):  # the visitor has left
            pass
        finally:
            reader.cancel()
            newest.close()
            await asyncio.to_thread(thread.join)

    def _work(self, newest: NewestFrame, rest: RestBaseline, tell) -> None:
        try:
            run_live(self._pipeline, newest, lambda shown: tell(_message(shown, self._pipeline.weights.classes)), rest)
        except EmoError as error:
            tell({"error": in_words(error)})
        except Exception:
            log.exception("a live camera failed")
            tell({"error": "The camera could not be read further, by a fault of this program. Start it again."})
        tell(None)


async def _read(socket: WebSocket, newest: NewestFrame, rest: RestBaseline) -> None:
    """Take frames and commands of a browser until it leaves."""
    commands = {"rest": rest.start, "no rest": rest.stop}
    started_s = time.monotonic()
    try:
        while (time_s := time.monotonic() - started_s) < LONGEST_S:
            message = await socket.receive()
            if message["type"] != "websocket.receive":
                break
            if data := message.get("bytes"):
                number = int.from_bytes(data[:4], "big")
                newest.put(Picture(number, time_s, partial(decode_image, data[4:], "frame", most_pixels=MOST_PIXELS)))
            elif message.get("text") in commands:
                commands[message["text"]]()
    except EmoError as error:  # these weights have no rest face
        newest.close(error)
    finally:
        newest.close()


async def _refuse(socket: WebSocket, reason: str) -> None:
    await socket.send_text(json.dumps({"error": reason}))
    await socket.close()


def _message(shown: LiveFrame, classes: tuple[str, ...]) -> dict:
    height, width = shown.frame.pixels.shape[:2]
    faces = [_face(row, classes, width, height) for row in shown.rows if row["status"] != "no_face"]
    return {
        "frame": shown.frame.index,
        "time_s": round(shown.frame.time_s, DIGITS),
        "dropped": shown.dropped,
        "rest_left_s": round(shown.rest_left_s, 1),
        "faces": faces,
    }


def _face(row: dict, classes: tuple[str, ...], width: int, height: int) -> dict:
    box = [row["x1"] / width, row["y1"] / height, row["x2"] / width, row["y2"] / height]
    based = row.get("baseline_emotion") is not None
    prefix, named = ("b_", "baseline_") if based else ("smoothed_p_", "smoothed_")
    return {
        "person": row["person_id"],
        "status": row["status"],
        "box": [round(edge, DIGITS + 1) for edge in box],
        "emotion": row[f"{named}emotion"],
        "confidence": round(row[f"{named}confidence"], DIGITS),
        "probabilities": [round(row[f"{prefix}{name}"], DIGITS) for name in classes],
        "baseline": based,
    }
