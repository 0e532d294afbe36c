"""Where a watched topology is described: files, and what tells that they changed."""
