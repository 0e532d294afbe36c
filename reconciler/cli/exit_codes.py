"""Exit codes, as in Terraform."""

from __future__ import annotations

DONE = 0
FAILED = 1
CHANGES = 2
"""Only from `plan --detailed-exitcode`."""
INTERRUPTED = 130
