"""What is said to need a newer HAProxy is refused by an older one, and taken by others."""

from __future__ import annotations

import pytest

from reconciler.haproxy.control.replies import parse_alerts
from reconciler.haproxy.control.versions import SINCE, explain, read_version
from tests.certificates import make_certificate
from tests.golden.docker_images import check_all
from tests.images import CHECKING_HAPROXIES, version_of

START = """\
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
listen taken
    bind 127.0.0.1:80
"""
LIMIT = "    filter bwlim-out slow default-limit 1m default-period 1s\n    "
LINES = {
    "bind": "frontend www\n    bind 127.0.0.1:8080 {} x",
    "compression": "backend web\n    compression {} both",
    "crt-list": "frontend www\n    bind 127.0.0.1:8080 ssl crt-list /beside/list",
    "filter": "backend web\n    {} slow default-limit 1m default-period 1s",
    "guid": "backend web\n    guid x",
    "http-request": "backend web\n    {} 3",
    "http-response": "backend web\n    {} 3",
    "option": "backend web\n    {}",
    "server": "backend web\n    server a 192.0.2.1:80 {} addr",
    "server set-proxy-v2-tlv-fmt": "backend web\n"
    "    server a 192.0.2.1:80 send-proxy-v2 set-proxy-v2-tlv-fmt(0x20) a",
    "http-request set-bandwidth-limit": f"backend web\n{LIMIT}{{}} slow",
    "http-response set-bandwidth-limit": f"backend web\n{LIMIT}{{}} slow",
    "ssl-default-bind-sigalgs": "global\n    {} x",
}
"""By keyword, or by the first word of several."""


def text_of(keyword: str) -> str:
    first, _, rest = keyword.partition(" ")
    line = LINES.get(keyword) or LINES[first]
    word = rest if first in {"bind", "compression", "server"} else keyword
    return f"{START}{line.format(word)}\n"


KEYWORDS = {f"{number}": item for number, item in enumerate(SINCE.items())}
TEXTS = {name: text_of(keyword) for name, (keyword, _) in KEYWORDS.items()}


@pytest.mark.engine
@pytest.mark.parametrize("image", CHECKING_HAPROXIES.values(), ids=CHECKING_HAPROXIES)
def test_haproxy_agrees(image: str) -> None:
    pem = make_certificate("shop.example.com").bundle.decode()
    beside = {"beside/list": "/beside/shop.pem [ocsp-update on]\n", "beside/shop.pem": pem}
    refused = {name: said for name, said in check_all(image, TEXTS, beside).items() if said}
    assert {KEYWORDS[name] for name in refused} == {
        item for item in SINCE.items() if item[1] > version_of(image)
    }
    for name, said in refused.items():
        (keyword, since), text = KEYWORDS[name], TEXTS[name]
        version = read_version(said)
        assert version is not None
        assert version < since, said
        reasons = [explain(alert, text, version).message for alert in parse_alerts(said)]
        wanted = f"`{keyword}` needs HAProxy {since[0]}.{since[1]}, and this is {version[0]}"
        assert any(reason.startswith(wanted) for reason in reasons), (said, reasons)
