"""What people touch: the command line, and everything that shares its engine."""
