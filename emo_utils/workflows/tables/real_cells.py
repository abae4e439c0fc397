"""The methods of the sources, and ours, on one real corpus whose people are known: `javanese`.

Table REAL holds no figure of a source: the corpus is another one. Sizes and epochs are less than the sources', so that
all cells together take half an hour on two cores; each cell's settings say how much less. No ImageNet weights: every
network starts from FER+ weights that are shipped, or from random ones.
"""

from emo_utils.workflows.tables.cell_types import Cell, Table, Training, ZeroShot

CORPUS = "javanese"
CLIP_FRAMES = {"frames": 20, "every": 3, "size": 48}
PEOPLE_FOLDS = 5
EPOCHS = 10
PERSON = "person"
"""Last part of the name of a cell with the person's baseline."""

ENCODERS = ("ferplus-int8",)


def _frames(backbone: str, **settings) -> Training:
    values = {"backbone": backbone, "epochs": EPOCHS, **settings}
    return Training(CORPUS, "sequence", CLIP_FRAMES, values, people_folds=PEOPLE_FOLDS)


def _apex(backbone: str, size: int, **settings) -> Training:
    values = {"backbone": backbone, "weights": "random", "epochs": EPOCHS, **settings}
    return Training(CORPUS, "apex", {"size": size}, values, people_folds=PEOPLE_FOLDS)


def _stack(backbone: str, weights: str, epochs: int) -> Training:
    options = {"interval": 10, "channels": 5, "window": 50, "size": 64}
    values = {"backbone": backbone, "weights": weights, "epochs": epochs}
    return Training(CORPUS, "stack", options, values, people_folds=PEOPLE_FOLDS)


def _head(backbone: str, normalise: str) -> Training:
    settings = {"backbone": backbone, "normalise": normalise}
    return Training(CORPUS, "sequence", {}, settings, fold=None, encoders=ENCODERS)


TRAINED = {
    "S0/vit": ("ViT on the apex frame (S0)", _apex("vit", 64), "64 px, from random weights"),
    "S1/lstm": ("CNN, autoencoder, LSTM (S1)", _frames("cnn_autoencoder_lstm"), "20 frames, 10 a second, 48 px"),
    "S2/resnet50": ("ResNet-50 on the apex frame (S2)", _apex("resnet50", 64), "64 px, from random weights"),
    "S2/vgg16": ("VGG16 on the apex frame (S2)", _apex("vgg16", 48, epochs=5), "48 px, from random weights"),
    "S2/smoothed": (
        "face network, smoothed over the clip (S2)",
        Training(CORPUS, "sequence", {}, {"backbone": "embedding_mean"}, fold=None, encoders=ENCODERS),
        "frozen, mean over time",
    ),
    "S3/mobilenetv3_large": (
        "MobileNetV3 on stacks (S3)",
        _stack("mobilenetv3_large", "ferplus", 15),
        "5 channels, 64 px, from FER+",
    ),
    "S3/efficientnetv2_s": (
        "EfficientNetV2-S on stacks (S3)",
        _stack("efficientnetv2_s", "random", 8),
        "5 channels, 64 px, from random weights",
    ),
    "S4/lstm": ("CNN and LSTM (S4)", _frames("cnn_lstm"), "20 frames, 10 a second, 48 px"),
    "S4/attention": ("CNN and attention (S4)", _frames("cnn_attention"), "20 frames, 10 a second, 48 px"),
}
"""Name of a cell, its row, how it is trained, what differs from the source."""

HEADS = {
    "statistics": "mean and deviation over time, logistic regression",
    "embedding_lstm": "LSTM",
    "embedding_attention": "attention",
    "embedding_convolution": "temporal convolution",
}


def method_of(table: str, cell: str) -> str:
    """Name of the cell of table REAL with the method of a source's cell; empty where there is none."""
    first, *rest = cell.split("/")
    named = {"S0": "S0/vit", "S1": "S1/lstm", "S3": f"S3/{rest[-1]}" if rest and first != "parameters" else ""}
    name = named.get(table, f"{table}/{cell}")
    return name if name in TRAINED else ""


BASELINE = {"statistics": "ranks"}
"""Normalisation with the person's own clips, where it is not `person`; what each brings: docs/experiments.md."""


def real_table() -> Table:
    """Table REAL."""
    cells = [Cell(name, row, "", "", how, note=note) for name, (row, how, note) in TRAINED.items()]
    for backbone, words in HEADS.items():
        row = f"frozen {' + '.join(ENCODERS)}: {words}"
        cells.append(Cell(f"ours/{backbone}", row, "", "", _head(backbone, "none")))
        how = _head(backbone, BASELINE.get(backbone, "person"))
        cells.append(Cell(f"ours/{backbone}/{PERSON}", row, "person's baseline", "", how))
    for weights in ENCODERS:
        how = ZeroShot(weights, CORPUS)
        cells.append(Cell(f"zero-shot/{weights}", weights, "", "", how))
        cells.append(Cell(f"zero-shot/{weights}/{PERSON}", weights, "person's baseline", "", how, "baseline/accuracy"))
    return Table(
        "REAL",
        "The methods of the sources on one real corpus",
        "methods of S0 to S4 and this package's own, all trained here",
        "none: no source measured this corpus",
        "240 acted clips of ten people who speak, six emotions, chance 16.7 %. `as the source`: clips split at random "
        "(the sources' networks one fold of five, heads all five); `by person`: five folds of two people (heads: each "
        "person in turn). Zero-shot: not trained on this corpus. A person's baseline uses unlabelled clips of the "
        "people who are measured",
        tuple(cells),
    )
