"""For eyes and machines: the same facts as text and as JSON. Reads `topology` and `plan` only."""
