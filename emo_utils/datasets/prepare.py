"""Prepares samples from clips in parallel: resumable, idempotent, with identical bytes for any number of workers.

The folder of a prepared corpus::

    spec.json                      what was made
    clips/<clip>/result.json       what became of this clip
    clips/<clip>/window_000.tiff   its samples
    manifest.csv                   all results; written last, so that its presence says the folder is complete
"""

import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

from tqdm import tqdm

from emo_utils.datasets.manifest import MANIFEST, Manifest, make_rows, manifest_text
from emo_utils.datasets.prepare_clip import CLIPS, PreparedClip, read_result, unfinished
from emo_utils.datasets.worker_pool import WorkerPool, open_pool
from emo_utils.errors import CorpusError, OutputError
from emo_utils.faces.detector import DEFAULT
from emo_utils.hashing import sha256_of_text
from emo_utils.output import is_part, write_text_whole
from emo_utils.representations.representation import Representation, describe
from emo_utils.settings import load_settings
from emo_utils.structures import Clip

log = logging.getLogger(__name__)

SPEC, LOCK = "spec.json", ".lock"


def prepare(
    clips: Sequence[Clip],
    spec: Representation,
    folder: Path | str | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> Manifest:
    """Make the samples of a corpus; existing samples are not made again.

    An interrupted run continues where it stopped. A clip that cannot be used is listed in the manifest with the reason;
    the other clips are prepared.

    Args:
        clips: of one corpus.
        spec: what to make of each.
        folder: where to; by default `prepared_folder`.
        executor: who does the work: any, such as `distributed.Client(...).get_executor()`, whose workers see the same
            files under the same paths. By default processes of this machine.
        workers: how many of those; by default one per core. One is this process itself.
        progress: show a bar when it takes longer than two seconds.

    Raises:
        CorpusError: no clips, two clips of one id, or clips of two corpora without a folder.
        OutputError: the folder holds something else, cannot be written, or another run is working in it.
        AssetError, MissingPackageError: the detector cannot be made.
        WorkerError: the workers gave up; what was finished is kept.
    """
    _check(clips, folder)
    root = Path(folder) if folder else prepared_folder(clips[0].corpus, spec)
    if finished := _finished(clips, spec, root):
        log.info("%s: all %d clips were prepared before, nothing to do", root, len(clips))
        return finished
    workers = max(1, min(workers or os.cpu_count() or 1, len(clips)))
    with open_pool(executor, workers, spec.detector) as pool:
        if spec.detector == DEFAULT:
            spec = replace(spec, detector=pool.working_detector(DEFAULT))
        root = Path(folder) if folder else prepared_folder(clips[0].corpus, spec)
        with _only_run(root):
            return _run(clips, spec, root, pool, progress)


def prepared_folder(corpus: str, spec: Representation) -> Path:
    """`<EMO_DATA_DIR>/prepared/<corpus>/<spec-hash>`: another spec gives another folder."""
    return load_settings().data_dir / "prepared" / corpus / spec_hash(spec)


def spec_hash(spec: Representation) -> str:
    """The representation's name and twelve digits of the SHA-256 of all that its samples depend on."""
    return f"{spec.name}-{sha256_of_text(_spec_text(spec))[:12]}"


def _spec_text(spec: Representation) -> str:
    return json.dumps(describe(spec), indent=1, sort_keys=True) + "\n"


def _check(clips: Sequence[Clip], folder: Path | str | None) -> None:
    if not clips:
        raise CorpusError("prepare: expected clips, found none; does the corpus's index() give any?")
    twice = [clip_id for clip_id, count in Counter(clip.clip_id for clip in clips).items() if count > 1]
    if twice:
        raise CorpusError(f"prepare: expected one clip per id, found several of {', '.join(sorted(twice)[:5])}")
    corpora = sorted({clip.corpus for clip in clips})
    if len(corpora) > 1 and not folder:
        raise CorpusError(f"prepare: expected clips of one corpus, found {', '.join(corpora)}; name a folder for them")


def _finished(clips: Sequence[Clip], spec: Representation, root: Path) -> Manifest | None:
    """The manifest, if it and all that it names are there and nothing has changed since."""
    if not (root / MANIFEST).exists() or not _same_spec(root, spec):
        return None
    results = _kept(clips, root)
    if len(results) < len(clips):
        return None
    rows = make_rows(clips, results)
    return Manifest(root, rows) if (root / MANIFEST).read_text(encoding="utf-8") == manifest_text(rows) else None


def _kept(clips: Sequence[Clip], root: Path) -> dict[str, PreparedClip]:
    found = (read_result(root, clip) for clip in clips)
    return {result.clip_id: result for result in found if result is not None and not result.retry}


def _same_spec(root: Path, spec: Representation) -> bool:
    return (root / SPEC).exists() and (root / SPEC).read_text(encoding="utf-8") == _spec_text(spec)


def _run(clips: Sequence[Clip], spec: Representation, root: Path, pool: WorkerPool, progress: bool) -> Manifest:
    """Work on the clips that have no result yet, then write the manifest."""
    _claim(root, spec)
    _sweep(root)
    results = _kept(clips, root)
    pending = [clip for clip in clips if clip.clip_id not in results]
    (root / MANIFEST).unlink(missing_ok=True)
    failed = sum(result.status != "ok" for result in results.values())
    title = f"{spec.name} of {clips[0].corpus}"
    with tqdm(
        total=len(clips), initial=len(results), desc=title, unit="clip", delay=2, disable=None if progress else True
    ) as bar:
        for result in pool.results(pending, spec, root):
            results[result.clip_id] = result
            failed += result.status != "ok"
            bar.set_postfix(failed=failed, refresh=False)
            bar.update()
    _sweep(root)
    rows = make_rows(clips, results)
    write_text_whole(root / MANIFEST, manifest_text(rows))
    return Manifest(root, rows, made_now=len(pending))


def _sweep(root: Path) -> None:
    """Remove the unfinished folders of killed workers; called only while no worker runs."""
    for part in chain.from_iterable(unfinished(root).values()):
        shutil.rmtree(part, ignore_errors=True)


def _claim(root: Path, spec: Representation) -> None:
    """Write the spec into a new folder; refuse one that holds other samples, or something else."""
    if _same_spec(root, spec):
        return
    if (root / SPEC).exists():
        raise OutputError(
            f"{root}: holds samples of another spec (see its {SPEC}); choose another folder, or remove it"
        )
    if any(path.name != LOCK for path in root.iterdir() if not is_part(path)):
        raise OutputError(f"{root}: holds files that `emo prepare` did not make; choose another folder")
    (root / CLIPS).mkdir(exist_ok=True)
    write_text_whole(root / SPEC, _spec_text(spec))


@contextmanager
def _only_run(root: Path) -> Iterator[None]:
    """Make the folder and lock it against other runs; the operating system frees the lock when a run is killed."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / LOCK).open("w")
    except OSError as error:
        raise OutputError(f"{root}: cannot be written ({error.strerror})") from error
    with lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:  # Windows has no such locks
            pass
        except BlockingIOError:
            raise OutputError(f"{root}: another run is preparing this corpus; wait for it to end") from None
        except OSError as error:  # some network file systems have none
            log.warning("%s: cannot be locked (%s); take care that no other run works in it", root, error.strerror)
        yield
