"""Corpora, splits by person, prepared samples."""
