"""For `mkdocs`: links that lead out of docs/ lead to files of the repository, which the site does
not have. Each must be there; what is shown is its text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]]*)\]\((\.\./[^)#]*)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    here = Path(page.file.abs_src_path).parent
    docs = here if page.file.src_uri.count("/") == 0 else here.parent

    def text(link: re.Match[str]) -> str:
        target = (here / link[2]).resolve()
        if not target.exists():
            raise FileNotFoundError(f"{page.file.src_uri}: {link[2]}")
        return link[0] if target.is_relative_to(docs) else f"{link[1]} (`{link[2][3:]}`)"

    return _OUTSIDE.sub(text, markdown)
