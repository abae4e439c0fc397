"""Training data by representation: still faces, prepared clips, or a table of features."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from emo_utils.datasets.corpus import FaceCorpus
from emo_utils.datasets.feature_sequences import FeatureSequences, load_feature_sequences
from emo_utils.datasets.features import FeatureTable, load_features
from emo_utils.datasets.manifest import MANIFEST
from emo_utils.datasets.prepare import prepare
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.samples import Samples, parts_of_faces, parts_of_prepared, parts_of_sequences, parts_of_table
from emo_utils.datasets.splits import Split
from emo_utils.errors import EmoError
from emo_utils.inference.embedding_cache import embed_manifest, read_embeddings
from emo_utils.inference.encoders import crop_spec, open_encoders
from emo_utils.inference.weights import DEFAULT
from emo_utils.representations.face_sequence import image_sequence
from emo_utils.representations.representation import Representation, describe
from emo_utils.structures import Clip, InputSpec
from emo_utils.timeline import counted
from emo_utils.workflows.prepare import index_clips, listed, spec_for

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Data:
    """Training data as the user specifies it.

    Attributes:
        corpus: a registered corpus.
        representation: `features` for a table, or one of `emo prepare`; corpora of still faces need no preparing for
            `frame`.
        options: of the representation; None takes the corpus's or the representation's default.
        corpus_options: of the corpus, such as `root`.
        features: the table, a CSV file; or a folder of per-frame tables (`datasets.feature_sequences`).
        workers: processes that prepare clips.
        encoders: weights whose embeddings of the faces of a sequence the network reads, side by side; empty for
            networks that read the faces themselves.
    """

    corpus: str
    representation: str = "stack"
    options: dict = field(default_factory=dict)
    corpus_options: dict = field(default_factory=dict)
    features: Path | None = None
    workers: int | None = None
    encoders: tuple[str, ...] = ()


ENCODERS = (DEFAULT,)
"""Encoders of networks over embeddings, where none is named: the network that clips are read with."""

EMBEDDED_FPS = 10
"""Frames a second that are embedded, where no rate is named."""


def with_encoders(data: Data, backbone: str | None) -> Data:
    """The data with the encoders that a network over embeddings needs.

    Raises:
        EmoError: encoders are named for a network that reads faces itself.
    """
    from emo_utils.models.registry import EMBEDDINGS, backbones  # needs torch

    over = backbone in backbones and EMBEDDINGS in backbones.get(backbone).accepts
    if data.representation == "features" and data.features and over != data.features.is_dir():
        kind, other = ("a folder of tables", "a table") if over else ("a table", "a folder of tables")
        raise EmoError(f"backbone {backbone}: expected {kind} of features, found {other}, {data.features}")
    if data.encoders and not (over and data.representation == "sequence"):
        others = ", ".join(name for name in backbones if EMBEDDINGS in backbones.get(name).accepts)
        raise EmoError(
            f"encoder: {backbone} on {data.representation} has no frozen encoder; these have one on sequence: {others}"
        )
    if over and data.representation == "sequence":
        return replace(data, encoders=data.encoders or ENCODERS)
    return data


@dataclass(frozen=True)
class Source:
    """Training data, ready to use.

    Attributes:
        corpus: its name.
        representation: name and options, for `Experiment`.
        input_spec: of the samples.
        protocol: the default one, see `default_protocol`.
        clips: the clips to split.
        parts: function that gives the samples of a split by part.
        table: the features; None for other representations.
    """

    corpus: str
    representation: dict
    input_spec: InputSpec
    protocol: str
    clips: tuple[Clip, ...] = field(repr=False)
    parts: Callable[[Split], dict[str, Samples]] = field(repr=False)
    table: FeatureTable | None = field(default=None, repr=False)


def default_representation(corpus: str, corpus_options: dict, features: Path | None = None) -> str:
    """What a corpus is trained on unless told: a table if one is given, `frame` for pictures, `stack` for videos.

    Raises:
        EmoError: there is no such corpus, or it is absent.
    """
    if features:
        return "features"
    still = issubclass(corpora.get(corpus), FaceCorpus)
    if still or all(len(image_sequence(clip)) == 1 for clip in index_clips(corpus, corpus_options)):
        return "frame"
    return "stack"


def find_clips(data: Data) -> tuple[Clip, ...]:
    """The clips to split; nothing is prepared.

    Raises:
        EmoError: a name or an option is wrong, or the corpus is absent.
    """
    if data.representation == "features":
        return tuple(_read_table(data).clips)
    return tuple(index_clips(data.corpus, data.corpus_options))


def default_protocol(data: Data) -> str:
    """The published split of the corpus where it has one; by person, else at random, where people are not known."""
    facts = corpora.get(data.corpus).facts
    if data.representation != "features" and facts.official_part:
        return "official"
    return "subject" if facts.people_known else "random"


def find_source(data: Data, clips: tuple[Clip, ...] | None = None) -> Source:
    """Find the data; clips are prepared if they are not yet.

    Args:
        data: what to train on.
        clips: the result of `find_clips`, where it is known.

    Raises:
        EmoError: a name or an option is wrong, or the corpus is absent.
    """
    if data.representation == "features":
        return _table(data)
    return (_still_faces if _reads_faces(data) else _clips)(data, clips or find_clips(data))


def outline(data: Data) -> tuple[dict, InputSpec]:
    """Representation with its options, for `Experiment`, and the input spec; no clip is read.

    Raises:
        EmoError: a name or an option is wrong, or the table of features is absent.
    """
    if _reads_faces(data):
        given = {key: data.options[key] for key in ("faces", "detector") if data.options.get(key)}
        return {"name": "frame", **given}, InputSpec(size=data.options.get("size") or InputSpec.size)
    if data.representation == "features":
        table = _read_table(data)
        about = {"name": "features", "file": data.features.name, "columns": len(table.names)}
        about |= {"frames": True} if isinstance(table, FeatureSequences) else {}
        return about, InputSpec(representation="features")
    about = describe(spec := _spec(data))
    said = {"name": about["representation"], "version": about["version"], **about["options"]}
    if data.encoders:
        said["encoders"] = [one.describe() for one in open_encoders(data.encoders)]
    return said, spec.input_spec


def _spec(data: Data) -> Representation:
    """The representation of clips; that of a network over embeddings has crops as its encoders read them.

    Raises:
        EmoError: a name or an option is wrong, or an option asks for other crops than the encoders'.
    """
    if not data.encoders:
        return spec_for(data.corpus, data.representation, data.options)
    wanted = crop_spec(open_encoders(data.encoders)[0])
    crops = {"size": wanted.size, "colour": wanted.colour}
    rate = {"frames": None} | ({} if data.options.get("every") else {"fps": EMBEDDED_FPS})
    spec = spec_for(data.corpus, data.representation, data.options, crops | rate)
    same = ("size", "colour", "margin", "alignment")
    found = {key: getattr(spec.input_spec, key) for key in same}
    if found != (expected := {key: getattr(wanted, key) for key in same}):
        raise EmoError(
            f"encoder {data.encoders[0]}: expected crops of {expected}, found {found}; leave these options out"
        )
    return spec


def shape_of(data: Data, spec: InputSpec) -> tuple[int, tuple[str, ...]]:
    """Channels of a sample (for features, numbers) and the classes, before anything is prepared."""
    if data.representation == "features":
        table = _read_table(data)
        return len(table.names), table.classes
    if data.encoders:
        features = sum(encoder.engine.features for encoder in open_encoders(data.encoders))
        return features, corpora.get(data.corpus).facts.classes
    return spec.channels, corpora.get(data.corpus).facts.classes


def _reads_faces(data: Data) -> bool:
    """Whether still faces are read as they lie, without preparing."""
    return data.representation == "frame" and issubclass(corpora.get(data.corpus), FaceCorpus)


def _still_faces(data: Data, clips: tuple[Clip, ...]) -> Source:
    given = {key: value for key, value in data.corpus_options.items() if value is not None}
    corpus = corpora.create(data.corpus, **given)
    about, spec = outline(data)

    def parts(split: Split) -> dict[str, Samples]:
        if split.protocol != "official":
            raise EmoError(f"{data.corpus} is read with its official split only, found {split.protocol!r}")
        return parts_of_faces(corpus, spec, **{key: value for key, value in about.items() if key != "name"})

    return Source(data.corpus, about, spec, default_protocol(data), clips, parts)


def _clips(data: Data, clips: tuple[Clip, ...]) -> Source:
    facts = corpora.get(data.corpus).facts
    manifest = prepare(clips, _spec(data), workers=data.workers)
    if manifest.failed:
        reasons = [f"{row.clip_id} ({row.reason})" for row in manifest.failed]
        log.warning(
            "%d of %s cannot be used, and nothing is learnt from them: %s; all are named in %s",
            len(reasons),
            counted(len(clips), "clip"),
            listed(reasons),
            manifest.folder / MANIFEST,
        )
    files = embed_manifest(manifest, open_encoders(data.encoders)) if data.encoders else {}

    def embedded(path: Path) -> np.ndarray:
        return read_embeddings(files[path])

    def parts(split: Split) -> dict[str, Samples]:
        return parts_of_prepared(manifest, split, facts.classes, embedded if data.encoders else None)

    return Source(data.corpus, *outline(data), default_protocol(data), clips, parts)


def _table(data: Data) -> Source:
    table = _read_table(data)
    by_part = parts_of_sequences if isinstance(table, FeatureSequences) else parts_of_table

    def parts(split: Split) -> dict[str, Samples]:
        return by_part(table.values, table.clips, split, table.classes)

    whole = table if isinstance(table, FeatureTable) else None
    return Source(data.corpus, *outline(data), default_protocol(data), tuple(table.clips), parts, whole)


def _read_table(data: Data) -> FeatureTable | FeatureSequences:
    if not data.features:
        raise EmoError(
            "--representation features needs --features FILE, a CSV with a row of numbers per clip, or the folder of a "
            "CSV per clip with a row per frame"
        )
    if data.features.is_dir():
        return load_feature_sequences(data.corpus, data.features)
    return load_features(data.corpus, data.features)
