"""Decisions of a plan, each a value: what stays, comes and leaves, and what is in the way."""
