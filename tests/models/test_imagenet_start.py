"""ImageNet weights behind a proxy that fails: from the cache, or a helpful error within seconds. Tested at the socket.

One fresh process asks for all of them, since the hub's client reads its environment when it is imported.
"""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from emo_utils.errors import WeightsError
from emo_utils.models import backbones, create_model

ASK = """
import json, sys, time
import timm
from safetensors.torch import save_file
from emo_utils.errors import AssetError
from emo_utils.models import create_model
found = {}
for name in json.loads(sys.argv[1]):
    started = time.perf_counter()
    try:
        save_file(create_model(name, 5, 4, "imagenet").state_dict(), sys.argv[2])
        message = "made"
    except AssetError as error:
        message = str(error)
    found[name] = message, time.perf_counter() - started
print(json.dumps(found))
"""
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SILENT, CACHED = "timm/resnet26t", "timm/resnet10t"
REFUSED = [
    *(name for name in backbones if "imagenet" in backbones.get(name).starts and name != "cnn_autoencoder_lstm"),
    "timm/regnetx_002",
]


def failing_proxy() -> socket.socket:
    """Refuses every request, but those for `SILENT`, which it never answers."""
    server, kept = socket.create_server(("127.0.0.1", 0)), []

    def loop():
        while True:
            try:
                connection = server.accept()[0]
            except OSError:
                return
            if SILENT.removeprefix("timm/").encode() in connection.recv(65536):
                kept.append(connection)
                continue
            connection.sendall(REFUSAL)
            connection.close()

    threading.Thread(target=loop, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def cached(tmp_path_factory):
    """A cache as the hub's client leaves it, with a network of known weights."""
    home = tmp_path_factory.mktemp("hub")
    repository, commit = home / "hub/models--timm--resnet10t.c3_in1k", "0" * 40
    (repository / "snapshots" / commit).mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text(commit)
    torch.manual_seed(0)
    save_file(timm.create_model("resnet10t").state_dict(), repository / "snapshots" / commit / "model.safetensors")
    return home


@pytest.fixture(scope="module")
def found(cached):
    """What came of each name: a message, and the seconds it took."""
    with failing_proxy() as server:
        proxy = f"http://127.0.0.1:{server.getsockname()[1]}"
        clean = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        own = {"HF_HOME": str(cached), "HF_ENDPOINT": "http://hub.invalid", "HTTP_PROXY": proxy, "HTTPS_PROXY": proxy}
        command = [sys.executable, "-c", ASK, json.dumps([*REFUSED, SILENT, CACHED]), str(cached / "made.safetensors")]
        done = subprocess.run(command, env={**clean, **own}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", [*REFUSED, SILENT])
def test_weights_out_of_reach_are_an_error_within_seconds_that_says_what_to_do(found, name):
    message, seconds = found[name]
    for part in ("ImageNet weights of ", "expected timm/", "found neither", "--weights random", "connected machine"):
        assert part in message
    assert seconds < 12, "5 s of waiting for a hub that is silent, and some for a slow machine"


def test_weights_in_the_cache_are_used_without_the_hub_and_the_stem_is_adapted(found, cached):
    assert found[CACHED][0] == "made"
    known = load_file(next(cached.glob("hub/*/snapshots/*/model.safetensors")))
    made = load_file(cached / "made.safetensors")
    assert torch.equal(made["layer4.0.conv1.weight"], known["layer4.0.conv1.weight"])
    mean_of_five = known["conv1.0.weight"].sum(1, keepdim=True) / 5
    torch.testing.assert_close(made["conv1.0.weight"], mean_of_five.expand(-1, 5, -1, -1))


def test_a_network_without_imagenet_weights_says_so():
    with pytest.raises(WeightsError, match="timm has no ImageNet weights for 'efficientnetv2_s'.*--weights random"):
        create_model("timm/efficientnetv2_s", 3, 5)
    with pytest.raises(WeightsError, match=r"encoder 'cnn' cannot start from 'imagenet'.*encoder=resnet18"):
        create_model("cnn_autoencoder_lstm", 3, 5, "imagenet")
