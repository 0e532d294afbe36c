"""One suite for every engine: what holds on Docker holds of the engine in memory."""
