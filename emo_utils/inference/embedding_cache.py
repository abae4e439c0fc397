"""Embeddings of prepared sequences, made once per encoder and sample, and kept on disk.

A file `<EMO_DATA_DIR>/embeddings/<encoder>-<hash>/<hash of the sample>.npy` holds float32 (T, F). The hashes are those
of the weights file and of the sample's file, so that neither can change unseen.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from emo_utils.datasets.manifest import Manifest
from emo_utils.errors import SampleError
from emo_utils.inference.encoders import Encoder
from emo_utils.output import whole_file
from emo_utils.representations.sequence import load_sequence
from emo_utils.settings import load_settings


def cached(encoder: Encoder, sha256: str) -> Path:
    """Where the embeddings of a sample lie.

    Args:
        encoder: the encoder.
        sha256: of the sample's file.
    """
    return load_settings().data_dir / "embeddings" / encoder.key / f"{sha256[:32]}.npy"


def embed_manifest(manifest: Manifest, encoders: Sequence[Encoder], progress: bool = True) -> dict[Path, tuple]:
    """Make the embeddings that are not there yet.

    Returns:
        For each sample's path the files of its embeddings, one an encoder, in the order of the encoders.

    Raises:
        SampleError: a sample is missing or damaged, or does not hold gray faces.
        WeightsError: an encoder gives no embeddings.
    """
    samples = [
        (manifest.folder / name, digest)
        for row in manifest.ok
        for name, digest in zip(row.samples, row.sha256, strict=True)
    ]
    files = {path: tuple(cached(encoder, digest) for encoder in encoders) for path, digest in samples}
    absent = [path for path, made in files.items() if not all(file.exists() for file in made)]
    for path in tqdm(absent, "embeddings", unit="clip", delay=2, disable=None if progress else True):
        _embed(path, files[path], encoders)
    return files


def read_embeddings(files: Sequence[Path]) -> np.ndarray:
    """The embeddings of one sample, those of several encoders side by side: float32 (T, F).

    Raises:
        SampleError: a file is missing or damaged.
    """
    try:
        return np.concatenate([np.load(file, allow_pickle=False) for file in files], axis=1)
    except (OSError, ValueError, EOFError) as error:
        raise SampleError(
            f"{files[0]}: expected embeddings, found {error}; remove the file, it is made anew"
        ) from error


def _embed(path: Path, files: Sequence[Path], encoders: Sequence[Encoder]) -> None:
    crops = load_sequence(path).crops
    size = encoders[0].weights.input_spec.size
    if crops.shape[1:] != (size, size):
        raise SampleError(f"{path}: encoders read gray faces of {size} px, found {crops.shape[1:]}")
    for file, encoder in zip(files, encoders, strict=True):
        if not file.exists():
            values = encoder.embed(crops)
            with whole_file(file) as part:
                np.save(part, values)
