"""Synthetic people for the sample corpus: a portrait taken apart, a face moved by action units, a cast, a stage."""
