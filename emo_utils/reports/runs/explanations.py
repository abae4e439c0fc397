"""Charts that explain a network: features on a plane, heat maps on faces, relevance and attention over time."""

from collections.abc import Sequence

import cv2
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from emo_utils.labels import COLOURS
from emo_utils.reports.chart_style import STYLE
from emo_utils.reports.clips.pictures import strip

MARKERS = "osD^vP*X<>hp"
"""Markers of people, in order; they repeat after twelve people."""
HEAT = 0.45
"""Opacity of the heat map."""


def planes(features: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Features (N, D) on a plane, (N, 2) each: by PCA, and by t-SNE.

    L. van der Maaten, G. Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008. The perplexity is a quarter of N, at
    most 30. In t-SNE, distances between separate groups have no meaning; in PCA they have.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    perplexity = float(min(30, max(2, len(features) // 4)))
    t_sne = TSNE(2, perplexity=perplexity, init="pca", learning_rate="auto", random_state=seed, n_jobs=1)
    return {"PCA": PCA(2, random_state=seed).fit_transform(features), "t-SNE": t_sne.fit_transform(features)}


def planes_chart(points: dict[str, np.ndarray], emotions: Sequence[str], people: Sequence[str], title: str) -> Figure:
    """Clips on a plane (see `planes`), one panel per method; colours are emotions, markers are people."""
    emotions, people = np.array(emotions), np.array(people)
    marker = {person: MARKERS[index % len(MARKERS)] for index, person in enumerate(sorted(set(people)))}
    with plt.rc_context(STYLE):
        size = (3.9 * len(points) + 1.4, 3.9)
        figure, axes = plt.subplots(1, len(points), figsize=size, squeeze=False, layout="constrained")
        for axis, (name, spots) in zip(axes[0], points.items(), strict=True):
            for person, shape in marker.items():
                shown = people == person
                colours = [COLOURS[emotion] for emotion in emotions[shown]]
                axis.scatter(*spots[shown].T, c=colours, marker=shape, s=36, alpha=0.85, linewidths=0)
            axis.set(xticks=[], yticks=[], title=name)
            axis.spines[:].set(visible=True, color="#cccccc")
        names = [name for name in COLOURS if name in emotions]
        handles = [plt.Line2D([], [], ls="", marker="s", color=COLOURS[name], label=name) for name in names]
        if len(marker) <= len(MARKERS):
            shapes = marker.items()
            handles += [plt.Line2D([], [], ls="", marker=shape, color="black", label=name) for name, shape in shapes]
        axes[0, -1].legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
        figure.suptitle(title, x=0.02, ha="left", fontsize=10)
    plt.close(figure)
    return figure


def with_heat(picture: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """A face, uint8 (S, S) or (S, S, 3) RGB, with a heat map float (S, S) in 0..1 laid over it; uint8 (S, S, 3)."""
    coloured = cv2.applyColorMap(np.round(255 * np.clip(heat, 0, 1)).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    face = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture
    return np.round((1 - HEAT) * face + HEAT * coloured).astype(np.uint8)


def heat_strip(
    faces: Sequence[np.ndarray], heats: np.ndarray, emotions: Sequence[str], named: Sequence[str], width: float = 1.2
) -> Figure:
    """Faces, and under each the same face with its heat map.

    Args:
        faces: N pictures; see `with_heat`.
        heats: (N, S, S), of the predicted class.
        emotions: N, the true emotions.
        named: N, the predicted emotions.
        width: of one face, in inches.
    """
    titles = [f"{true},\nread as {name}" for true, name in zip(emotions, named, strict=True)]
    heated = [with_heat(face, heat) for face, heat in zip(faces, heats, strict=True)]
    return strip([*faces, *heated], titles, columns=len(faces), width=width)


def relevance_chart(shares: np.ndarray, emotions: Sequence[str], frames: Sequence[int], title: str) -> Figure:
    """Relevance of each face of a stack, as a mean over clips of the same emotion.

    Args:
        shares: (N, C); rows sum to 1.
        emotions: of each clip.
        frames: C, the frame of the clip that each face is from.
        title: of the chart.
    """
    emotions = np.array(emotions)
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(7.6, 3.0), layout="constrained")
        axis.axhline(1 / len(frames), color="black", lw=0.8, ls=":", label="all alike")
        for name in [name for name in COLOURS if name in emotions]:
            mean = shares[emotions == name].mean(axis=0)
            axis.plot(frames, mean, "o-", ms=4, lw=1.8, color=COLOURS[name], label=name)
        axis.set(xlabel="frame of the clip", ylabel="share of relevance", title=title)
        axis.set_ylim(bottom=0)
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    plt.close(figure)
    return figure


def attention_chart(maps: np.ndarray, titles: Sequence[str], frames: Sequence[int], title: str) -> Figure:
    """Attention over time: weights of frames (columns) for each frame (row); below, the total weight of each frame.

    Args:
        maps: (N, T, T), heads averaged; rows sum to 1.
        titles: of each clip.
        frames: T, the frame of the clip that each picture is from.
        title: of the chart.
    """
    with plt.rc_context(STYLE):
        size = (1.35 * len(maps) + 1.1, 3.4)
        figure, axes = plt.subplots(
            2, len(maps), figsize=size, squeeze=False, sharex=True, sharey="row", layout="constrained",
            height_ratios=(2.2, 1),
        )  # fmt: skip
        edges = (frames[0], frames[-1])
        for (upper, lower), one, name in zip(axes.T, maps, titles, strict=True):
            shown = upper.imshow(
                one * len(frames), cmap="viridis", vmin=0, vmax=maps.max() * len(frames), aspect="auto",
                extent=(*edges, *reversed(edges)),
            )  # fmt: skip
            upper.set_title(name, fontsize=8)
            lower.plot(frames, one.mean(axis=0) * len(frames), color="#3d6fb6")
            lower.axhline(1, color="black", lw=0.8, ls=":")
        axes[0, 0].set_ylabel("this frame ...")
        axes[1, 0].set_ylabel("given in all")
        figure.supxlabel("... looks at this frame", fontsize=9)
        figure.colorbar(shown, ax=axes[0, -1], label="times an even share")
        figure.suptitle(title, x=0.02, ha="left", fontsize=10)
    plt.close(figure)
    return figure
