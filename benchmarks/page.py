"""Eight visitors of the page at once: `python benchmarks/page.py`.

Starts the page, lets each visitor upload a clip and analyse it at the same time, and prints how long each waited and
how much memory the page took. Every visitor must get results of the own clip and none of another's files.
"""

import argparse
import json
import os
import resource
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import uvicorn

from emo_utils.apps.page.limits import Limits
from emo_utils.apps.page.server import build

MOST_S = 900.0


class Visitor:
    """A visitor without a browser: a cookie, an upload, an analysis."""

    def __init__(self, url: str):
        self.client = httpx.Client(base_url=url, timeout=MOST_S)
        self.client.get("/")
        config = self.client.get("/config").json()
        starts = [one["id"] for one in config["components"] if one["props"].get("elem_id") == "emo-start"]
        (self.job,) = [one for one in config["dependencies"] if [starts[0], "click"] in map(list, one["targets"])]
        values = {one["id"]: one["props"].get("value") for one in config["components"]}
        self.defaults = [values[name] for name in self.job["inputs"][1:]]

    def upload(self, name: str, content: bytes) -> str:
        """The path of the uploaded clip on the server."""
        return self.client.post("/gradio_api/upload", files={"files": (name, content)}).json()[0]

    def analyse(self, path: str) -> str:
        """The last answer: progress and results as HTML."""
        session = secrets.token_hex(8)
        clip = {"path": path, "meta": {"_type": "gradio.FileData"}}
        body = {"data": [clip, *self.defaults], "fn_index": self.job["id"], "session_hash": session}
        self.client.post("/gradio_api/queue/join", json=body).raise_for_status()
        last: list[str] = ["", ""]
        with self.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as answer:
            for line in answer.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
                if message.get("msg") in ("process_generating", "process_completed"):
                    last = _merged(last, message["output"].get("data", []))
                if message.get("msg") == "process_completed":
                    break
        return "".join(last)


def _merged(last: list[str], data: list) -> list[str]:
    """Gradio sends the first answer whole, then only what changed: [["replace", [], value]]."""
    merged = list(last)
    for index, one in enumerate(data):
        if isinstance(one, str):
            merged[index] = one
        for change in one if isinstance(one, list) else ():
            merged[index] = change[2] if change[0] == "replace" else merged[index] + change[2]
    return merged


def main() -> None:
    """Serve, visit, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("EMO_SHARED_DIR", "../shared"))
    parser.add_argument("--clip", type=Path, default=shared / "clips" / "single_face.mp4")
    parser.add_argument("--visitors", type=int, default=8)
    given = parser.parse_args()
    page = build(Limits(max_queue=given.visitors))
    server = uvicorn.Server(uvicorn.Config(page.app, port=0, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    content, visitors = given.clip.read_bytes(), [Visitor(url) for _ in range(given.visitors)]
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def visit(number: int) -> tuple[float, str]:
        started = time.perf_counter()
        said = visitors[number].analyse(visitors[number].upload(f"visitor{number}.mp4", content))
        return time.perf_counter() - started, said

    with ThreadPoolExecutor(given.visitors) as pool:
        answers = list(pool.map(visit, range(given.visitors)))
    served = [f"<h2>visitor{number}.mp4</h2>" in said for number, (_, said) in enumerate(answers)]
    others = [said.count("<h2>visitor") != 1 for _, said in answers]
    seconds = sorted(round(seconds, 1) for seconds, _ in answers)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{sum(served)} of {given.visitors} served, {sum(others)} saw another's results; seconds {seconds}")
    print(f"memory at most {peak_mb:.0f} MB, {before_mb:.0f} MB before the first upload")
    page.visitors.close()
    os._exit(0)


if __name__ == "__main__":
    main()
