"""How much is taken from a container at most, whatever it says. Imports nothing."""

MOST_BYTES = 64 << 20
"""More than any configuration that a topology makes, and than any HAProxy tells of its servers."""
LONGEST_S = 120.0
"""For one question, all in all: a check of a large configuration takes a minute."""
