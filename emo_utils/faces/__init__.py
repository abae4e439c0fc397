"""Face detection, tracking over time, identity clustering, and the crops that are a model's input."""
