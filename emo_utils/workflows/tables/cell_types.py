"""Types of a result table: the source's figure, its protocol, and the run of this package for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Training:
    """A cell that is trained by `workflows.train.train`.

    Attributes:
        corpus: the one of the source, or a substitute for it.
        representation: see `sources.Data`.
        options: of the representation.
        settings: values of `Experiment`; what is absent comes from the representation's recipe.
        corpus_options: of the corpus, only for this corpus.
        protocol: the source's.
        fold: of the source's protocol: 0 for a single 80/20 split, None for all.
        people_folds: folds of people; None takes the literature's.
        features: name of the table in the corpus's folder, for the representation `features`.
        encoders: frozen encoders of a network over embeddings.
    """

    corpus: str
    representation: str
    options: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    corpus_options: Mapping[str, object] = field(default_factory=dict)
    protocol: str = "random"
    fold: int | None = 0
    people_folds: int | None = None
    features: str | None = None
    encoders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shipped:
    """Weights that come with this package, measured on a corpus of still faces: its official split, part `test`."""

    weights: str
    corpus: str


@dataclass(frozen=True)
class Published:
    """Published predictions: `file` in the folder of `corpus`; `people` is a regular expression for the person's id.

    Their protocol is one by person.
    """

    corpus: str
    file: str
    people: str


@dataclass(frozen=True)
class Counted:
    """The number of parameters of a network."""

    backbone: str
    channels: int
    classes: int


@dataclass(frozen=True)
class ZeroShot:
    """Weights measured on a corpus of clips that they were not trained on, with and without a person's baseline.

    Their protocol is one by person: nobody of the corpus is known to them.
    """

    weights: str
    corpus: str


How = Training | Shipped | Published | Counted | ZeroShot


@dataclass(frozen=True)
class Cell:
    """One figure of a table.

    Attributes:
        name: in the table; what `--only` is matched with.
        row, column: their titles.
        source: the source's figure, as printed, with its unit; empty where it has none.
        how: how it is run here; None for a figure of the literature.
        metric: `accuracy`, `macro_f1`, `recall/<emotion>`, `parameters`; of `ZeroShot` also `baseline/accuracy`.
        note: what a reader must know.
    """

    name: str
    row: str
    column: str
    source: str
    how: How | None
    metric: str = "accuracy"
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A result table of one source.

    Attributes:
        name: such as `S3`.
        title: what it compares.
        system: the source.
        source_protocol: the source's protocol, in its words; what it does not say.
        ours: how we run it, and where that differs.
        cells: in the source's order.
    """

    name: str
    title: str
    system: str
    source_protocol: str
    ours: str
    cells: tuple[Cell, ...] = field(repr=False)

    def key(self, cell: Cell) -> str:
        """Name of a cell among all tables, such as `S3/5/efficientnetv2_s`."""
        return f"{self.name}/{cell.name}"
