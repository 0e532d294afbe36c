"""The daemon: keeps topologies as their files say, and answers for it."""
