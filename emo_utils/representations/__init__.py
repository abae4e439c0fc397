"""What a model takes: channel stacks, apex crops, sequences; each made from a clip by a spec that is kept with it."""
