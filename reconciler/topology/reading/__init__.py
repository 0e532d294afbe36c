"""Text to values, each with its place: YAML, variables, includes, overlays. Reads no file."""
