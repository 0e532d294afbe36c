"""Docker behind the Engine protocol. `docker`, the SDK, is imported in this room alone."""
