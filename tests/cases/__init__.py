"""Tests that are data: a new case needs no code."""
