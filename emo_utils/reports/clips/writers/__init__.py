"""Outputs of a clip, one file each; a file here registers its writer. See `reports.clips.writer`."""
