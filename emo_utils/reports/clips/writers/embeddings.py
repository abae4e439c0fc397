"""The embeddings of the faces, for networks of one's own: `embeddings.npz`."""

from pathlib import Path

from emo_utils.reports.clips.writer import TABLES, ClipResults, writer

FILES = {"embeddings.npz": "the features of each face before the last layer; see `emo_utils.inference.embeddings`"}


@writer("embeddings", FILES, TABLES, needs_embeddings=True)
def write_embeddings(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `embeddings.npz`."""
    results.result.embeddings.save(folder / "embeddings.npz")
