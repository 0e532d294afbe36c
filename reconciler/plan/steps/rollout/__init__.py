"""Containers replaced a few at a time: servers of HAProxy, and workers that it knows nothing of."""
