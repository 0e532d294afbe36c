"""What the user wrote: the file, its models, its rules and its errors.

Pure: no file, clock, socket, environment or log. `load_topology` is the way in.
"""
