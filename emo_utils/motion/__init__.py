"""Faces in motion: optical flow without the head's own motion, magnification, and onset - apex - offset."""
