"""What a section says of answers to what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model.errors import ErrorPage
from reconciler.haproxy.render.quoting import quote, quote_format


def error_lines(pages: Iterable[ErrorPage]) -> Iterator[Line]:
    for page in pages:
        text = f"http-error status {page.status} {page_words(page)}"
        yield Line(f"    {text}", page.path, (page.path,))


def page_words(page: ErrorPage) -> str:
    """What is answered, as a part of a line."""
    headers = "".join(f" hdr {name} {quote_format(value)}" for name, value in page.headers)
    return f"content-type {quote(page.content_type)} file {page.place}{headers}"
