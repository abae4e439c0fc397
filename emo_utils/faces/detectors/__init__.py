"""Face detectors, one file each; a file here registers itself."""
