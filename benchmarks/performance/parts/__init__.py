"""The parts, a file each; imported here in the order in which they run."""

from parts import startup, ratio, stages, fer, length, faces, resolution, workers, stream, memory  # noqa: F401, I001
