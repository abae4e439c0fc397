"""Work for a pool of processes, of which some kills its process."""

import os
import signal
from pathlib import Path


def square(task: tuple[Path, int]) -> int:
    """The square of a number, whose mark is left while it is worked on; 3 kills its process once, 5 always."""
    folder, number = task
    mark = folder / f"{number}.begun"
    first = not (folder / f"{number}.before").exists()
    mark.touch()
    (folder / f"{number}.before").touch()
    if number == 5 or (number == 3 and first):
        os.kill(os.getpid(), signal.SIGKILL)
    mark.unlink()
    return number * number
