"""Training: from prepared data to a weights file."""
