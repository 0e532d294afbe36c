"""Files beside haproxy.cfg: their names, and what a configuration tells of them."""

from __future__ import annotations

import pytest

from reconciler.haproxy.files import (
    ProxyFile,
    changed_names,
    file_name,
    for_check,
    from_check,
    renewal_command,
    renewed,
)

PATH = ("frontends", "www")


def told(*files: ProxyFile) -> str:
    return "global\n" + "".join(f"{file.comment}\n" for file in files) + "\ndefaults\n"


@pytest.mark.parametrize(
    ("source", "start", "end"),
    [
        ("./certs/shop.pem", "shop-", ".pem"),
        ("/etc/über shop's.pem", "ber-shop-s-", ".pem"),
        ("a" * 300 + ".crt", "a" * 40 + "-", ".pem"),
        ("...", "", ".pem"),
        ("\n# x/.hidden", "hidden-", ".pem"),
    ],
)
def test_a_name_is_one_plain_word(source: str, start: str, end: str) -> None:
    name = file_name(source, ".pem")
    assert name.startswith(start)
    assert name.endswith(end)
    assert name.isascii()
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._")


def test_names_are_of_files_and_not_of_how_they_are_written() -> None:
    assert file_name("./a/../b.pem") == file_name("b.pem")
    assert file_name("a/b.pem") != file_name("c/b.pem")


def test_what_changed_is_told_by_name() -> None:
    one = ProxyFile("a.pem", b"one", PATH, "certificate")
    other = ProxyFile("a.pem", b"two", PATH, "certificate")
    new = ProxyFile("b.pem", b"new", PATH)
    assert changed_names(told(one), told(other, new)) == ["certificate `a.pem`"]
    assert changed_names(told(one), told(one)) == []
    assert renewed((other, new), told(one, new)) == (other,)
    hidden = told(other).replace(other.digest, f"{other.digest}  # holds a value")
    assert changed_names(told(one), hidden) == ["a certificate"]


def test_what_is_too_large_for_a_command_takes_a_reload() -> None:
    large = ProxyFile("a.pem", b"x" * 20_000, PATH, "certificate")
    assert large.comment.startswith("    # file a.pem ")


def test_a_command_ends_with_its_last_line() -> None:
    file = ProxyFile("a.pem", b"one\r\n\n \ntwo", PATH, "certificate")
    assert renewal_command(file) == f"set ssl cert {file.place} <<\none\ntwo\n"


def test_a_check_reads_other_files() -> None:
    file = ProxyFile("a.pem", b"", PATH)
    text = f"bind :1 ssl crt {file.place}"
    assert file.place not in for_check(text)
    assert from_check(for_check(text)) == text
