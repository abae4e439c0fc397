"""The page as a Hugging Face Space, which runs this file; on your own machine `emo app` does the same.

The first lines of README.md are the settings of the Space.
"""

import os

from emo_utils.apps.page.limits import Limits
from emo_utils.apps.page.server import SPACES, build, serve

LIMITS = Limits(max_mb=100, max_seconds=60, max_side=1920, max_queue=8, max_live=1, keep_minutes=20, max_store_mb=2000)


if __name__ == "__main__":
    serve(build(LIMITS, public=True, parents=SPACES), "0.0.0.0", int(os.environ.get("PORT", "7860")))
