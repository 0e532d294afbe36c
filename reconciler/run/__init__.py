"""Loops over the road from file to containers: apply once, and carry out a plan in parallel."""
