"""Read facial expressions from video: the package behind the notebooks, the `emo` command and the web page.

An expression is what a face shows; it is not what a person feels.

    import emo_utils as emo

    analysis = emo.analyze("holiday.mp4")
    analysis.timeline    # a DataFrame: a row per frame and face
    analysis.people      # a row per person
    analysis.save("results")
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emo_utils.inference.options import AnalysisOptions
    from emo_utils.workflows.analyses import Analyses
    from emo_utils.workflows.analysis import Analysis
    from emo_utils.workflows.analyzer import Analyzer, analyze

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime reads it when it is imported

__version__ = "0.1.0"

__all__ = ["Analyses", "Analysis", "AnalysisOptions", "Analyzer", "__version__", "analyze"]

_MODULES = {
    "Analyses": "emo_utils.workflows.analyses",
    "Analysis": "emo_utils.workflows.analysis",
    "AnalysisOptions": "emo_utils.inference.options",
    "Analyzer": "emo_utils.workflows.analyzer",
    "analyze": "emo_utils.workflows.analyzer",
}
"""The module of each public name. It is imported at first use, so that importing the package is fast."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; public: {', '.join(__all__)}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
