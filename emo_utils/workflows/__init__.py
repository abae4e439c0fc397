"""Verbs over clips and corpora: analyze, prepare, train, export, tables; what the command line and notebooks call."""
