"""Networks: one file per family, all made by `create_model(name, ...)`. They need torch (extra `train`)."""

from emo_utils.models.cost import count_parameters, multiply_adds
from emo_utils.models.create import backbones_for, create_model, find_backbone, takes
from emo_utils.models.explain import attention_maps, channel_relevance, embeddings, grad_cam
from emo_utils.models.registry import backbones

__all__ = [
    "attention_maps",
    "backbones",
    "backbones_for",
    "channel_relevance",
    "count_parameters",
    "create_model",
    "embeddings",
    "find_backbone",
    "grad_cam",
    "multiply_adds",
    "takes",
]
