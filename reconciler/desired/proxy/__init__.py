"""Parts of a topology to HAProxy's own model: one module a feature, under its names."""
