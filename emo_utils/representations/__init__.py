"""Model inputs made from a clip: channel stacks, apex crops, sequences. Each is defined by a spec saved with it."""
