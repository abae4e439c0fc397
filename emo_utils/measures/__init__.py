"""Measures of a face other than its emotion. Each measure is one file that registers itself; see `measure`."""
