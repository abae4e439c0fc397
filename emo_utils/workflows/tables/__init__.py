"""The sources' result tables: each cell, how it is run, and what was found."""
