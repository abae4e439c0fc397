"""`emo prepare`: make training samples of a corpus, on this machine or on a cluster."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path

from emo_utils.datasets.corpus import Corpus, FaceCorpus
from emo_utils.datasets.manifest import Manifest
from emo_utils.datasets.prepare import prepare
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError, EmoError
from emo_utils.inference.apex_scorer import ApexScorer
from emo_utils.representations.representation import Representation, create_representation, representations
from emo_utils.structures import Clip
from emo_utils.timeline import counted
from emo_utils.workflows.cluster import cluster

log = logging.getLogger(__name__)

SHOWN_NAMES = 8
"""Number of names that a message lists."""


def prepare_corpus(
    corpus: str,
    representation: str,
    options: dict,
    corpus_options: dict | None = None,
    out: Path | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
) -> Manifest:
    """Prepare a corpus by name; see `datasets.prepare.prepare`.

    Args:
        corpus: a registered corpus.
        representation: a registered representation.
        options: of the representation; None takes the default.
        corpus_options: of the corpus; None takes the default.
        out: folder; by default one per corpus and spec under `<EMO_DATA_DIR>/prepared`.
        workers: processes of this machine; by default one per core.
        scheduler: address of a Dask scheduler, whose workers are used instead.

    Raises:
        UnknownNameError: no such corpus, representation or detector.
        EmoError: an option that does not exist, or whose value is not allowed.
    """
    if scheduler and workers:
        raise EmoError("--workers counts processes of this machine, --scheduler names a cluster; give one of them")
    if issubclass(corpora.get(corpus), FaceCorpus):
        raise EmoError(
            f"corpus {corpus!r} holds still faces, which `emo train {corpus}` reads as they lie; "
            "nothing has to be prepared"
        )
    spec = spec_for(corpus, representation, options)
    clips = index_clips(corpus, corpus_options or {})
    with cluster(scheduler) if scheduler else nullcontext() as executor:
        return prepare(clips, spec, out, executor, workers)


def spec_for(corpus: str, representation: str, options: dict, usual: Mapping | None = None) -> Representation:
    """The representation for a corpus: given options first, then `usual` ones, those of the corpus, the defaults.

    Args:
        corpus: its name.
        representation: its name.
        options: given ones; None means absent.
        usual: options of the network that is to be trained, where they differ from the representation's own.

    Raises:
        EmoError: a name or a value is wrong.
    """
    known = {item.name for item in fields(representations.get(representation))}
    suited = {key: value for key, value in corpora.get(corpus).facts.prepared_with.items() if key in known}
    given = {key: value for key, value in options.items() if value is not None}
    if representation == "apex":
        suited["scorer"] = ApexScorer()
    made = create_representation(representation, **{**suited, **given})
    if usual:
        made = replace(made, **{key: value for key, value in usual.items() if key not in given})
    try:
        _ = made.input_spec
    except ValueError as error:
        raise EmoError(str(error)) from None
    return made


def listed(names: Sequence[str]) -> str:
    """The first names of a list, and the number of the others."""
    more = len(names) - SHOWN_NAMES
    return ", ".join(names[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def index_clips(name: str, options: dict) -> list[Clip]:
    """The clips of a corpus by name; options that are None have their defaults."""
    try:
        corpus = corpora.create(name, **{key: value for key, value in options.items() if value is not None})
    except TypeError as error:
        raise CorpusError(f"corpus {name!r} does not take one of these options: {error}") from error
    clips = corpus.index()
    if isinstance(corpus, Corpus) and (left := corpus.passed_over()):
        log.warning(
            "%s: passed over %s, neither video nor picture: %s",
            corpus.root,
            counted(len(left), "file"),
            listed([path.relative_to(corpus.root).as_posix() for path in left]),
        )
    return clips
