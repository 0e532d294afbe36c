"""Reads the disk, and decides nothing: topologies, what they refer to, certificates and keys."""
