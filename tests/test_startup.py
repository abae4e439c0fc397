"""What a first clip must not wait for: packages that are slow to load and that it does not need."""

import subprocess
import sys
from pathlib import Path

SLOW = ("matplotlib.pyplot", "scipy.optimize", "torch", "mediapipe.tasks.python.text.text_classifier")

ONE_CLIP = """
import sys
from emo_utils.workflows.analyze import analyze_clips
from emo_utils.apps.cli import main
analyze_clips([sys.argv[1]], sys.argv[2], outputs=["timeline"], progress=False)
print(*(name for name in sys.argv[3:] if name in sys.modules))
"""


def test_a_clip_of_one_face_is_read_without_slow_packages(clips: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ONE_CLIP, str(clips / "single_face.mp4"), str(tmp_path / "out"), *SLOW]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (tmp_path / "out" / "timeline.csv").exists() or list(tmp_path.rglob("timeline.csv"))
    assert ended.stdout.split() == []


def test_what_mediapipe_loads_late_is_there_when_it_is_used() -> None:
    code = (
        "from emo_utils.faces.mediapipe_tasks import vision; import sys; tasks = vision();"
        "assert 'matplotlib.pyplot' not in sys.modules; print(tasks.drawing_utils.DrawingSpec().thickness)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ended.stdout) > 0
