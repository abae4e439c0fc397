"""Mutants of clips, read in child processes: what is neither a valid timeline nor a named error is a fault.

`make fuzz` runs `python -m fuzzing`, with the folder above in PYTHONPATH. A mutant is made from its recipe
alone: the name of a seed clip and a number.
"""
