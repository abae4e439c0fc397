"""Results of training runs: confusion, learning curves, comparison, tables."""
