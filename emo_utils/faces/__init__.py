"""Where the faces are: detectors, tracks over time, identities, and the crops a model takes."""
