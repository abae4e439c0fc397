"""What leaves the machine: nothing that we can switch off."""

import os
import subprocess
import sys
from pathlib import Path

LOADS_A_NETWORK = """
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import find_weights
OnnxEngine(find_weights("ferplus-int8"))
"""


def test_onnxruntime_keeps_no_device_id_and_queues_no_reports(tmp_path):
    """It would write both under the user's cache when its first network is loaded."""
    settings = {
        key: value for key, value in os.environ.items() if key not in ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    }
    subprocess.run([sys.executable, "-c", LOADS_A_NETWORK], check=True, env=settings | {"HOME": str(tmp_path)})
    assert [path for path in Path(tmp_path).rglob("*") if path.is_file()] == []
