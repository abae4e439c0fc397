"""Charts of a journal."""
