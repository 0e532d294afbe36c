"""Files beside haproxy.cfg: their names, and what a configuration tells of them."""

from __future__ import annotations

import pytest

from reconciler.haproxy.model.files import (
    ProxyFile,
    abort_command,
    changed_names,
    come_and_gone_responses,
    commit_command,
    file_name,
    files_for_check,
    for_check,
    from_check,
    is_live_comment,
    join_commands,
    leave_commands,
    left_over,
    list_file,
    listed_names,
    renewal_command,
    renewed,
    under_way,
    updated,
)
from reconciler.haproxy.paths import CHECK_DIRECTORY, FILES_DIRECTORY

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


def test_a_list_tells_of_what_it_has_more_or_less() -> None:
    one, two = (ProxyFile(name, b"x", PATH, "certificate") for name in ("a.pem", "b.pem"))
    short, long = list_file("l", [one.place], PATH), list_file("l", [one.place, two.place], PATH)
    assert listed_names(told(one, short), told(one, two, long)) == (["certificate `b.pem`"], [])
    assert listed_names(told(one, two, long), told(one, short)) == ([], ["certificate `b.pem`"])
    assert listed_names(told(one, short), told(one, short)) == ([], [])
    assert listed_names(told(), told(one, short)) == ([], [])
    assert renewed((one, two, long), told(one, short)) == (two, long)


def test_a_list_is_changed_one_by_one() -> None:
    wanted = list_file("l", ["/f/b.pem", "/f/c.pem"], PATH)
    shown = f"# {wanted.place}\n/f/a.pem:1\n/f/b.pem:2\n\n"
    assert list(join_commands(wanted, shown)) == [f"add ssl crt-list {wanted.place} /f/c.pem"]
    assert list(leave_commands(wanted, shown)) == [
        (f"del ssl crt-list {wanted.place} /f/a.pem:1", "del ssl cert /f/a.pem")
    ]
    assert list(join_commands(list_file("l", [], PATH), shown)) == []


def test_what_a_list_names_is_checked_with_it() -> None:
    file = list_file("l", [f"{FILES_DIRECTORY}/a.pem"], PATH)
    (checked,) = files_for_check([file])
    assert checked.content.decode() == f"{CHECK_DIRECTORY}/a.pem\n"


def test_what_is_under_way_is_like_no_content() -> None:
    one, two = (ProxyFile(name, b"x", PATH, "certificate") for name in ("a.pem", "b.pem"))
    text = "".join(f"{under_way(line, ['a.pem'])}\n" for line in told(one, two).splitlines())
    assert renewed((one, two), text) == (one,)
    assert text.count("\n") == told(one, two).count("\n")


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


def response_to(certificate: ProxyFile, content: bytes) -> ProxyFile:
    return ProxyFile(f"{certificate.name}.ocsp", content, PATH, "ocsp-response")


def test_a_response_goes_with_its_certificate() -> None:
    file = ProxyFile("a.pem", b"x", PATH, "certificate")
    response = response_to(file, b"\0\1\2")
    assert response.certificate == file.certificate == file.place
    assert renewal_command(response) == f"set ssl cert {file.place}.ocsp <<\nAAEC\n"
    assert commit_command(response) == commit_command(file) == f"commit ssl cert {file.place}"
    assert abort_command(response) == f"abort ssl cert {file.place}"
    small, large = (response_to(file, b"x" * size) for size in (11_250, 11_251))
    assert is_live_comment(small.comment)
    assert len(renewal_command(small)) < 16_384 - 1024
    assert not is_live_comment(large.comment)


def test_a_response_that_is_new_or_goes_is_told_where_its_certificate_stays() -> None:
    file, other = (ProxyFile(name, b"x", PATH, "certificate") for name in ("a.pem", "b.pem"))
    response = response_to(file, b"y")
    name = "ocsp-response `a.pem.ocsp`"
    assert come_and_gone_responses(told(file), told(file, response)) == ([name], [])
    assert come_and_gone_responses(told(file, response), told(file)) == ([], [name])
    assert come_and_gone_responses(told(other), told(other, file, response)) == ([], [])
    hidden = told(file, response).replace(response.digest, f"{response.digest}  # holds a value")
    assert come_and_gone_responses(told(file), hidden) == (["an ocsp-response"], [])
    assert changed_names(told(file, response), told(file, response_to(file, b"z"))) == [name]


def test_a_list_tells_for_whom_haproxy_asks() -> None:
    wanted = list_file("l", ["/f/a.pem", updated("/f/b.pem"), updated("/f/c.pem")], PATH)
    shown = f"# {wanted.place}\n/f/a.pem:1\n/f/b.pem:2 [ocsp-update on]\n\n"
    assert list(join_commands(wanted, shown)) == [
        f"add ssl crt-list {wanted.place} <<\n/f/c.pem [ocsp-update on]\n"
    ]
    assert list(leave_commands(wanted, shown)) == []
    first = list_file("l", [updated("/f/a.pem")], PATH, is_fixed=True)
    assert not is_live_comment(first.comment)
    assert is_live_comment(wanted.comment)


def test_what_is_left_over_is_ours_by_its_name() -> None:
    kept = ProxyFile(file_name("./certs/shop.pem", ".pem"), b"x", PATH)
    former = [
        file_name("./certs/Old one.pem", ".pem"),
        f"{file_name('./certs/api.crt', '.stapled.pem')}.ocsp",
        file_name("...", ".list"),
        file_name("pages/down.html"),
        file_name("no-ending"),
    ]
    strange = ["dhparam.pem", "a-0123456.pem", "a-01234567 b.pem", ".hidden", "notes-0123456g"]
    there = [*former, kept.name, *strange]
    assert left_over(there, [kept]) == tuple(sorted(former))
    assert left_over((), [kept]) == ()
