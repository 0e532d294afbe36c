"""Plans, word for word: what was there, what happened to it, what is wanted, and what is shown."""
