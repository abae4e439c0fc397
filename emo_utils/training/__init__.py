"""Fit, evaluate, keep: everything between prepared data and a weights file."""
