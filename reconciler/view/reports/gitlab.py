"""A code quality report of GitLab, which its merge requests show."""

from __future__ import annotations

import hashlib
from collections import Counter

from reconciler.view.printable import json_text
from reconciler.view.reports.report import Report, is_error, line_of, words


def render(report: Report) -> str:
    """Fingerprints stay when lines move, so that a problem that was there before is known again."""
    seen: Counter[tuple[str, ...]] = Counter()
    issues = []
    for diagnostic in report.diagnostics:
        path = report.file_of(diagnostic)
        about = (path, diagnostic.code, diagnostic.message, str(diagnostic.place.path))
        seen[about] += 1
        digest = hashlib.sha256(repr((*about, seen[about])).encode()).hexdigest()
        issues.append(
            {
                "description": words(diagnostic),
                "check_name": diagnostic.code,
                "fingerprint": digest[:32],
                "severity": "critical" if is_error(diagnostic) else "minor",
                "location": {"path": path, "lines": {"begin": line_of(diagnostic)}},
            }
        )
    return json_text(issues, indent=2) + "\n"
