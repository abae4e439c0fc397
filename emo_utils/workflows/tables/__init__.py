"""The sources' result tables: their cells, the runs behind them, and the results."""
