"""The model of a proxy to haproxy.cfg: one module a feature, under the names of `model`."""
