"""From a clip to its timeline: the one engine behind notebook, command line and web page."""
