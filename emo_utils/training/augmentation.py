"""Random changes to a batch of samples, drawn anew in each epoch, the same for every channel of a sample.

The presets:

- `faces`: variation of face crops: rotation, shift, scale, blur, brightness, occlusion.
- `soft`: `faces` with more blur, noise and brightness changes. Crops from video are less sharp than the pictures of
  FER+, by about a blur of 0.6 px.
- `video`: `faces` and the faults of a camera: defocus, low resolution, low light, compression.
- `medium`, `mild`: rotation, shift and scale three quarters and half as large as in `faces`, less occlusion, and about
  half the share of camera faults.
- `world`: `medium`, and what faces elsewhere have that FER+ has little of: views from a side, light from a side, fewer
  pixels, scarves, masks, glasses. FER+ is gray, so colours cannot be mixed anew; gamma varies more instead.
- `time`: for features of frames: stretches of a clip, speed, frames left out; pictures stay as they are.
- `stack`: that of S3.5: flip, affine, blur, random erasing. The source drew it once, when the data was loaded; here it
  is drawn in each epoch.

The jitter of the detected boxes is 0.3 % of the side and 0.6 degrees, far less than what each preset but `none` draws.
"""

import math
from dataclasses import dataclass, replace

STEPS = 8
"""Number of values of `defocus_px` and of `resolution`; a matrix is kept for each, and one is drawn at random."""


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes; distributions are uniform unless stated otherwise."""

    flip: float = 0.0
    """Share of samples mirrored."""
    rotation_deg: float = 0.0
    """Turned by up to this angle, either way."""
    scale: tuple[float, float] = (1.0, 1.0)
    """Enlarged by a factor between these, uniform in its logarithm."""
    shift: float = 0.0
    """Moved by up to this share of the side, in x and in y."""
    log_gamma: float = 0.0
    """Gamma correction: gray values to the power exp(g), g from minus this to plus this."""
    blur: float = 0.0
    """Share of samples blurred (3x3 binomial)."""
    noise: float = 0.0
    """Standard deviation of added noise, up to this share of the full range."""
    erase: float = 0.0
    """Share of samples with one rectangle replaced (Zhong et al., AAAI 2020)."""
    erase_with_noise: bool = True
    """The rectangle shows noise; else medium gray."""
    defocus: float = 0.0
    """Share of samples blurred by a Gaussian."""
    defocus_px: tuple[float, float] = (0.4, 2.0)
    """Its standard deviation in pixels, uniform in its logarithm, in `STEPS` steps."""
    low_resolution: float = 0.0
    """Share of samples averaged down to fewer pixels and enlarged again."""
    resolution: tuple[float, float] = (1 / 3, 0.8)
    """The reduced side as a share of the full one; uniform in its logarithm, in `STEPS` steps."""
    low_light: float = 0.0
    """Share of samples with the noise and the few gray values of low light. They are brightened again: a dark picture
    would have little weight in mixup, and the shipped network normalises brightness first (InstanceNorm)."""
    light: tuple[float, float] = (0.1, 0.6)
    """Their share of full light, uniform in its logarithm."""
    jpeg: float = 0.0
    """Share of samples with JPEG compression; the position of the block grid is random."""
    jpeg_quality: tuple[float, float] = (8.0, 60.0)
    """JPEG quality on libjpeg's scale of 1 to 100, uniform in its logarithm."""
    view_deg: float = 0.0
    """Seen from a side: the flat picture is turned in depth by up to this angle, about a random axis in its plane."""
    shade: float = 0.0
    """Light from a side: brightness falls across the picture by factors between exp(-s) and exp(s) at its edges; s is
    up to this, and the direction is random."""
    cover: float = 0.0
    """Share of samples with a scarf, a mask or glasses of one gray value (`training.augment_cover`)."""
    shortened: float = 0.0
    """Features of frames: a stretch of the clip is kept, shorter by up to this share (`training.augment_time`)."""
    speed: float = 1.0
    """Features of frames: played faster or slower by up to this factor."""
    dropped: float = 0.0
    """Features of frames: share of frames that is left out."""


_FACES = Augmentation(0.5, 20.0, (math.exp(-0.2), math.exp(0.2)), 0.08, 0.4, 0.15, 0.03, 0.3)
_MEDIUM = Augmentation(0.5, 15.0, (math.exp(-0.15), math.exp(0.15)), 0.06, 0.4, 0.05, 0.03, 0.2)
_MILD = Augmentation(0.5, 10.0, (math.exp(-0.1), math.exp(0.1)), 0.04, 0.3, 0.05, 0.02, 0.1)
_HALF_CAMERA = {"defocus": 0.08, "low_resolution": 0.08, "low_light": 0.08, "jpeg": 0.1}

PRESETS = {
    "none": Augmentation(),
    "faces": _FACES,
    "soft": Augmentation(0.5, 20.0, (math.exp(-0.2), math.exp(0.2)), 0.08, 0.5, 0.35, 0.05, 0.3),
    "video": replace(_FACES, defocus=0.15, low_resolution=0.2, low_light=0.2, jpeg=0.25),
    "medium": replace(_MEDIUM, **_HALF_CAMERA),
    "mild": replace(_MILD, **_HALF_CAMERA),
    "world": replace(
        _MEDIUM,
        log_gamma=0.5,
        view_deg=35.0,
        shade=0.5,
        cover=0.15,
        defocus=0.1,
        low_resolution=0.2,
        resolution=(0.2, 0.8),
        low_light=0.1,
        jpeg=0.15,
    ),
    "time": Augmentation(shortened=0.3, speed=1.25, dropped=0.1),
    "stack": Augmentation(0.5, 30.0, (0.75, 1.05), 0.2, 0.0, 0.2, 0.0, 0.25, erase_with_noise=False),
}
"""Presets by name, as in `Experiment.augmentation`."""
