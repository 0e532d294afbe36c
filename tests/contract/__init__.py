"""One suite for every engine: what holds of the protocol on Docker holds of the engine in memory."""
