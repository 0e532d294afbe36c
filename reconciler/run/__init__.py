"""The road from file to containers, walked once: apply, and carry out a plan in parallel."""
