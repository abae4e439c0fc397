"""A journal of short clips: a SQLite database and a folder of clips. See `emo_utils.journal.journal`."""
