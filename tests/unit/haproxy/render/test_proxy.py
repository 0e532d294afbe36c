"""Words and lines of haproxy.cfg."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reconciler.haproxy.config import SENSITIVE_MARK, read_config
from reconciler.haproxy.model import (
    Backend,
    Check,
    Frontend,
    Listener,
    Proxy,
    RawLine,
    Server,
    StatsPage,
    Timeouts,
)
from reconciler.haproxy.model.check import Request
from reconciler.haproxy.render.proxy import render_config
from reconciler.haproxy.render.quoting import format_duration, quote

CONTROL = "".join(map(chr, [*range(32), 127]))


@given(st.text(st.characters(exclude_characters=CONTROL, exclude_categories=["Cs"])))
def test_a_quoted_word_reads_back(text: str) -> None:
    """HAProxy's quoting is that of a shell (manual, 2.2); tests/golden asks HAProxy itself."""
    quoted = quote(text)
    assert shlex.split(quoted) == [text]
    assert "\n" not in quoted


@given(st.text(max_size=5), st.sampled_from(CONTROL), st.text(max_size=5))
def test_control_characters_are_never_quoted(before: str, control: str, after: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        quote(before + control + after)


@pytest.mark.parametrize("word", ["a", "/health?x=1&y", "a.b-c_d", "100%", "%[src]", "x=y,z~!*"])
def test_a_plain_word_stays_as_it_is_or_is_in_quotes(word: str) -> None:
    assert quote(word) in {word, f"'{word}'"}


@pytest.mark.parametrize("word", ["", " ", "#", "\\", "'", '"', "$A", "${A}", "a b", "é"])
def test_what_means_something_is_in_quotes(word: str) -> None:
    assert quote(word).startswith("'")


DURATIONS = {
    0.0: "0ms",
    0.001: "1ms",
    0.5: "500ms",
    1.0: "1s",
    1.5: "1500ms",
    60.0: "1m",
    90.0: "90s",
    3600.0: "1h",
    86400.0: "1d",
    86401.0: "86401s",
    0.1 + 0.2: "300ms",
}


@pytest.mark.parametrize(("seconds", "text"), DURATIONS.items())
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def proxy(**changes: object) -> Proxy:
    base: dict[str, object] = {
        "topology": "shop",
        "maxconn": None,
        "hard_stop_after_s": 30.0,
        "timeouts": Timeouts(5, 10, 10, 10, None, None, 3600),
        "frontends": (Frontend("www", "http", (Listener(80, ("f", "bind", 0)),), "web", ("f",)),),
        "backends": (
            Backend(
                "web",
                "http",
                "roundrobin",
                Check(Request("/x", "web", "GET", "200"), 2.0, None, 2, 3, ("b", "check")),
                1,
                None,
                (Server("web-1", "shop-web-1-abc", 80), Server("web-2", "shop-web-2-abc", 80)),
                ("b",),
                "web",
            ),
        ),
        "stats": StatsPage(
            Listener(8404, ("stats", "port")), "/", None, (("a", "p"),), (), ("stats",)
        ),
    }
    return Proxy(**(base | changes))  # type: ignore[arg-type]  # by name, as above


def lines_of(one: Proxy) -> list[str]:
    return [line.text.strip() for line in render_config(one).lines]


def test_the_digest_covers_everything_else() -> None:
    config = render_config(proxy())
    read = read_config(config.text)
    assert read is not None
    assert (read.digest, read.structure) == (config.digest, config.structure)
    for edited in (
        config.text.replace("retries 3", "retries 4"),
        config.text + "# more\n",
        config.text.removeprefix("# Written"),
        config.text.replace(config.digest, "0" * 16),
        config.text.replace(config.structure, "0" * 16),
        "",
        "global\n",
    ):
        assert read_config(edited) is None


def test_a_digest_of_lines_with_separators_of_unicode() -> None:
    config = render_config(proxy(raw_global=(RawLine("setenv A x\u2028y\x85z", ("r",)),)))
    read = read_config(config.text)
    assert read is not None
    assert read.digest == config.digest


def test_equal_proxies_have_equal_digests() -> None:
    assert render_config(proxy()).digest == render_config(proxy()).digest
    assert render_config(proxy(maxconn=5)).digest != render_config(proxy()).digest


def test_addresses_may_be_others() -> None:
    other = proxy().with_addresses({"shop-web-2-abc": "shop-web-2-def", "another": "no"})
    assert "server web-1 shop-web-1-abc:80" in lines_of(other)
    assert "server web-2 shop-web-2-def:80" in lines_of(other)


def test_no_two_sections_have_one_name() -> None:
    """A backend keeps its own; the frontend beside it, and the stats page, give way."""
    frontends, backends = proxy().frontends, proxy().backends
    one = proxy(
        frontends=(*frontends, replace(frontends[0], name="web")),
        backends=(*backends, replace(backends[0], name="stats", source="stats")),
    )
    headings = [line for line in lines_of(one) if line.startswith(("frontend ", "backend "))]
    assert headings == [
        "frontend stats.frontend",
        "frontend www",
        "frontend web.frontend",
        "backend web",
        "backend stats",
    ]


def test_empty_raw_lines_are_left_out() -> None:
    raw = (RawLine("a", ("r", 0)), RawLine("", ("r", 1)), RawLine("b", ("r", 2)))
    config = render_config(proxy(raw_global=raw))
    assert [line.path for line in config.lines if line.path[:1] == ("r",)] == [("r", 0), ("r", 2)]


SENSITIVE = {
    ("b", "check", "path"): ["http-check send", "http-check expect", "option httpchk"],
    ("b", "check"): ["http-check send", "default-server"],
    ("b", "port"): ["server web-1", "server web-2"],
    ("b", "weight"): ["default-server"],
    ("f", "bind", "port"): ["bind :80"],
    ("f",): ["frontend www", "bind :80", "default_backend"],
    ("stats", "auth", "a"): ["user a insecure-password"],
    ("stats",): ["stats uri", "bind :8404", "user a"],
    ("stats", "uri"): ["stats uri"],
    ("haproxy", "timeouts", "client"): ["timeout client"],
    ("b", "env", "TOKEN"): [],
}


@pytest.mark.parametrize(("path", "starts"), SENSITIVE.items(), ids=str)
def test_lines_that_hold_a_value_from_outside_are_marked(
    path: tuple[str, ...], starts: list[str]
) -> None:
    one = proxy(sensitive=frozenset({path}))
    marked = [line for line in lines_of(one) if line.endswith(SENSITIVE_MARK.strip())]
    for start in starts:
        if start != "option httpchk":
            assert any(line.startswith(start) for line in marked), start
    assert bool(marked) == bool(starts)
    assert len(marked) < len(lines_of(one)) / 2


def test_places_of_lines() -> None:
    config = render_config(proxy())
    numbers = {line.text.strip(): number for number, line in enumerate(config.lines, start=1)}
    assert config.path_of_line(numbers["bind :80"]) == ("f", "bind", 0)
    assert config.path_of_line(numbers["global"]) == ()
    assert config.path_of_line(0) == config.path_of_line(10**6) == ()
