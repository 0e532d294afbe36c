"""IO: the Engine protocol, Docker behind it, and an engine in memory that ships with it."""
