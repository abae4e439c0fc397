"""Tables over many clips: people, segments, timelines, events; and the codebook that describes their columns."""
