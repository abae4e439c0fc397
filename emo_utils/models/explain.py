"""Explanations of a trained network: features, heat maps on pictures, attention over time."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emo_utils.errors import EmoError


@torch.no_grad()
def embeddings(model: nn.Module, x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Features before the last layer, float32 (N, D): the input of the linear layer that gives the logits.

    Args:
        model: any backbone; run in evaluation mode, its own mode is restored.
        x: a batch of what it accepts.
        mask: bool (N, T) of sequences.

    Raises:
        EmoError: the network does not end in a linear layer.
    """
    linears = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    inputs: list[Tensor] = []
    hooks = [layer.register_forward_pre_hook(lambda _, given: inputs.append(given[0])) for layer in linears[-1:]]
    try:
        logits = _logits(model, x, mask)
    finally:
        for hook in hooks:
            hook.remove()
    if not inputs or linears[-1].out_features != logits.shape[1] or inputs[-1].ndim != 2:
        raise EmoError(f"embeddings: expected a network that ends in a linear layer, found {type(model).__name__}")
    return inputs[-1].float()


def grad_cam(model: nn.Module, x: Tensor, label: int | Tensor | None = None) -> Tensor:
    """Heat map of the evidence for a class in each picture.

    R. Selvaraju et al., "Grad-CAM", ICCV 2017: the last feature maps, weighted by their mean gradients. For a `hybrid`
    these are the maps of VGG16.

    Args:
        model: a backbone of pictures; run in evaluation mode, its own mode is restored.
        x: float32 (N, C, S, S).
        label: a class, or int64 (N,); None takes the predicted ones.

    Returns:
        float32 (N, S, S) in 0..1; each picture's largest value is 1, or all are 0 without evidence for the class.

    Raises:
        EmoError: not pictures, or no feature maps: a vision transformer, or pictures too small for the network.
    """
    if x.ndim != 4:
        raise EmoError(f"grad_cam: expected pictures (N, C, S, S), found {tuple(x.shape)}")
    outputs: list[Tensor] = []

    def keep(_module, _given, output) -> None:
        if isinstance(output, Tensor) and (output.ndim == 3 or (output.ndim == 4 and output.shape[-1] > 1)):
            outputs.append(output)

    hooks = [layer.register_forward_hook(keep) for layer in model.modules()]
    try:
        with torch.enable_grad():
            logits = _logits(model, x.detach().requires_grad_(), None)
            chosen = _logit_of_class(logits, label)
            maps = _last_maps(outputs, model)
            (gradient,) = torch.autograd.grad(chosen.sum(), maps)
    finally:
        for hook in hooks:
            hook.remove()
    heat = (maps * gradient.mean((2, 3), keepdim=True)).sum(1, keepdim=True).relu().detach().float()
    heat = F.interpolate(heat, x.shape[-2:], mode="bilinear", align_corners=False)[:, 0]
    return heat / heat.amax((1, 2), keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)


def channel_relevance(model: nn.Module, x: Tensor, label: int | Tensor | None = None) -> Tensor:
    """Relevance of each face of a stack: |gradient x input| summed over its pixels, as shares float32 (N, C).

    A. Shrikumar et al., "Not Just a Black Box", 2016. Arguments as for `grad_cam`; rows sum to 1.
    """
    with torch.enable_grad():
        x = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(_logit_of_class(_logits(model, x, None), label).sum(), x)
    relevance = (gradient * x).detach().abs().float().sum((2, 3))
    return relevance / relevance.sum(1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)


@torch.no_grad()
def attention_maps(model: nn.Module, x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attention over time, float32 (N, heads, T, T): row i holds the weights of frame i; rows of real frames sum to 1.

    Args:
        model: `cnn_attention` or `face_net_attention`; run in evaluation mode, its own mode is restored.
        x: float32 (N, T, C, S, S).
        mask: bool (N, T).

    Raises:
        EmoError: a network without attention over time.
    """
    if not hasattr(getattr(model, "head", None), "maps"):
        raise EmoError(
            f"attention_maps: expected a backbone with attention over time (cnn_attention, face_net_attention), "
            f"found {type(model).__name__} without"
        )
    training = model.training
    try:
        return model.eval().attention_maps(x, mask)
    finally:
        model.train(training)


def _logits(model: nn.Module, x: Tensor, mask: Tensor | None) -> Tensor:
    training = model.training
    try:
        return model.eval()(x) if mask is None else model.eval()(x, mask)
    finally:
        model.train(training)


def _logit_of_class(logits: Tensor, label: int | Tensor | None) -> Tensor:
    rows = torch.arange(len(logits), device=logits.device)
    return logits[rows, logits.argmax(1) if label is None else label]


def _last_maps(outputs: list[Tensor], model: nn.Module) -> Tensor:
    last = outputs[-1] if outputs else None
    if last is None or last.ndim != 4 or last.shape[2] != last.shape[3]:
        raise EmoError(
            f"grad_cam: expected a network that keeps maps (N, D, s, s) to its end, with s > 1; {type(model).__name__} "
            "does not. For a transformer, use embeddings. Where the picture is small, use a larger one"
        )
    return last
