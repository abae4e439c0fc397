"""The commands of `emo`, one file each. Heavy imports are inside the functions, so that help is fast."""
