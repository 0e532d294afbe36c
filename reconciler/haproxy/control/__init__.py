"""A running HAProxy as text: commands, replies, its servers, and changes of its configuration."""
