"""Topology files written anew: by one layout, or with a value changed. Pure, text to text."""
