"""Motion of faces: optical flow without head motion, magnification, and onset, apex and offset."""
