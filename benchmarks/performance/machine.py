"""What a run stands for: date, commit, machine, versions."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from emo_utils import __version__

PACKAGES = ("numpy", "av", "onnxruntime", "mediapipe", "opencv-contrib-python", "distributed")


def about_run(root: Path) -> dict[str, str]:
    """Plain values for the table."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(root),
        "emo_utils": __version__,
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load_before": load,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "packages": " ".join(f"{name}=={_version(name)}" for name in PACKAGES),
    }


def _commit(root: Path) -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
        return done.stdout.strip()

    try:
        return git("rev-parse", "--short", "HEAD") + (" with changes" if git("status", "--porcelain") else "")
    except OSError:
        return ""


def _processor() -> str:
    names = Path("/proc/cpuinfo")
    if names.exists():
        for line in names.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
