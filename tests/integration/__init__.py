"""Real Docker, real HAProxy, real requests to 127.0.0.1. A missing engine is a failure."""
