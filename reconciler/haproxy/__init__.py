"""What HAProxy needs, as pure functions: a model of a proxy, its configuration text, its replies.

Knows nothing of topologies, Docker or sockets.
"""
