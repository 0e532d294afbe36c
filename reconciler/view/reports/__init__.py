"""Reports for what reads along with a pipeline: each format is a module, with one function."""
