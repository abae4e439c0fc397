"""Workflows for command line and notebooks: analyze, prepare, train, export, tables."""
