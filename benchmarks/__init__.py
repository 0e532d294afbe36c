"""Measured, never asserted: each figure is a ratio of runs that took turns in one session."""
