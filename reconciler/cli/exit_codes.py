"""Exit codes, as in Terraform."""

from __future__ import annotations

DONE = 0
FAILED = 1
CHANGES = 2
"""A plan has changes: only `plan --detailed-exitcode` exits with it."""
INTERRUPTED = 130
