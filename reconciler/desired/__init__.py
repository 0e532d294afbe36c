"""Topology to Desired, pure: what is wanted, with every default filled in and every name made."""
