"""Names of hosts as people write them, to what clients send."""

from __future__ import annotations

import unicodedata


def to_ascii(host: str) -> str:
    """`Bücher.example` as `xn--bcher-kva.example` (RFC 5891), in lower case. What is no letter,
    mark or digit stays as it is, and so is refused where hosts are."""
    composed = unicodedata.normalize("NFC", host.lower())
    return ".".join(map(_label_to_ascii, composed.split(".")))


def _label_to_ascii(label: str) -> str:
    is_word = all(
        character == "-" or unicodedata.category(character)[0] in "LMN" for character in label
    )
    if label.isascii() or not is_word:
        return label
    return "xn--" + label.encode("punycode").decode("ascii")
