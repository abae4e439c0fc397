"""What is measured of a face beside its emotion: each measure is one file, which registers itself. See `measure`."""
