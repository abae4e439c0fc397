"""From a clip to its timeline: prediction for notebook, command line and web page."""
