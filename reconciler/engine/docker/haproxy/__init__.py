"""HAProxy inside its container: read, told, reloaded and replaced."""
