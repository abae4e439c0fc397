"""timm networks, with ImageNet weights of the Hugging Face hub or its cache, or with random weights."""

import os
from difflib import get_close_matches
from typing import Any

from torch import nn

from emo_utils.errors import AssetError, EmoError, UnknownNameError, WeightsError
from emo_utils.models.stem import replace_stem

HUB_TIMEOUT_S = 5
"""Seconds to wait for the hub's first answer. Its own client tries each of two files six times, for 46 seconds."""

COLOURS = 3
"""Channels of ImageNet's pictures."""


def timm_network(
    architecture: str, channels: int, weights: str = "random", stem: str | None = None, **options: Any
) -> nn.Module:
    """Make a timm network for pictures of `channels` channels.

    Random weights are drawn for `channels` channels; with a `stem` they are drawn for three, then adapted.

    Args:
        architecture: a timm name, with or without the tag of its weights: `resnet50`, `resnet50.a1_in1k`.
        channels: of the pictures.
        weights: `imagenet` or `random`.
        stem: see `stem.adapt_stem`; None keeps the filters for three channels, and is `sum` for other numbers.
        options: timm's own.

    Raises:
        UnknownNameError: timm has no such architecture or weights.
        WeightsError: timm has no weights for it.
        AssetError: the weights are not on this machine and cannot be fetched.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import timm

    _check_name(architecture, timm)
    if weights == "random" and stem is None:
        return timm.create_model(architecture, in_chans=channels, **options)
    if weights == "random":
        network = timm.create_model(architecture, in_chans=COLOURS, **options)
    else:
        network = _pretrained(architecture, timm, options)
    if channels != COLOURS or stem is not None:
        _adapt(network, architecture, channels, stem)
    return network


def _check_name(architecture: str, timm) -> None:
    known = timm.list_pretrained() if "." in architecture else timm.list_models()
    if architecture in known:
        return
    nearest = get_close_matches(architecture, known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, nearest))}?" if nearest else ""
    raise UnknownNameError(
        f"unknown timm architecture {architecture!r}; timm {timm.__version__} knows {len(known)}, listed by "
        f"`timm.list_models()`.{hint}"
    )


def _pretrained(architecture: str, timm, options: dict[str, Any]) -> nn.Module:
    config = timm.get_pretrained_cfg(architecture)
    if config is None or not config.has_weights:
        raise WeightsError(f"timm has no ImageNet weights for {architecture!r}; give `--weights random`")
    try:
        if config.hf_hub_id:
            _ask_hub(config.hf_hub_id, config.hf_hub_filename or "model.safetensors")
        return timm.create_model(architecture, pretrained=True, in_chans=COLOURS, **options)
    except EmoError:
        raise
    except (TypeError, AttributeError):  # an option that timm does not have, or a bug: not a failed download
        raise
    except Exception as error:  # the hub's HTTP library differs between versions, and so do its exceptions
        raise AssetError(_how_to_get(architecture, config.hf_hub_id or config.url, error)) from error


def _ask_hub(repository: str, filename: str) -> None:
    """Raise within seconds where the weights are neither in the cache nor within reach."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
    from huggingface_hub.errors import EntryNotFoundError

    if isinstance(try_to_load_from_cache(repository, filename), str):
        return
    try:
        get_hf_file_metadata(hf_hub_url(repository, filename), timeout=HUB_TIMEOUT_S)
    except EntryNotFoundError:
        return  # the hub is reachable; timm tries another file of this repository


def _how_to_get(architecture: str, source: str, error: Exception) -> str:
    reason = (str(error).strip().splitlines() or [""])[0][:200]
    fetch = f"import timm; timm.create_model('{architecture}', pretrained=True)"
    return (
        f"ImageNet weights of {architecture}: expected {source} in the Hugging Face cache or from the hub, found "
        f"neither ({type(error).__name__}: {reason}). Start from `--weights random`, or fetch them once on a connected "
        f'machine (python -c "{fetch}") and copy its folder ~/.cache/huggingface here (HF_HOME names another place)'
    )


def _adapt(network: nn.Module, architecture: str, channels: int, stem: str | None) -> None:
    names = network.pretrained_cfg.get("first_conv") or ()
    for name in [names] if isinstance(names, str) else names:
        convolution = network.get_submodule(name)
        if not isinstance(convolution, nn.Conv2d):
            names = ()
            break
        replace_stem(convolution, channels, stem)
    if not names:
        raise EmoError(
            f"{architecture}: expected a first 2-D convolution to adapt to {channels} channels, found none that timm "
            "names; use `--weights random` without a stem, or another architecture"
        )
