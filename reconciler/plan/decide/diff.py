"""One wanted thing against one that is there: what differs, field by field."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from reconciler.desired.desired import DesiredContainer
from reconciler.desired.resources import RESOURCE_LIMITS
from reconciler.desired.spec import Attachment, ContainerSpec, describe, is_alike
from reconciler.plan.observed import Observed, ObservedContainer
from reconciler.plan.plan import FieldChange

_IN_PLACE = {"restart", *RESOURCE_LIMITS}


class ContainerDiff(Struct, frozen=True):
    """`replace` says why a new container is needed; "" when this one can stay."""

    replace: str = ""
    fields: tuple[FieldChange, ...] = ()
    update: bool = False
    rename: bool = False
    connect: tuple[Attachment, ...] = ()
    disconnect: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.replace or self.update or self.rename or self.connect or self.disconnect)


def is_same(want: DesiredContainer, have: ObservedContainer) -> bool:
    """Whether a container was made from what is wanted, however that was written then."""
    return have.revision == want.revision or is_alike(*_descriptions(want, have))


def _descriptions(
    want: DesiredContainer, have: ObservedContainer
) -> tuple[dict[str, str], dict[str, str]]:
    return _lasting(describe(want.spec, want.sensitive)), _lasting(have.described)


def _lasting(described: Mapping[str, str]) -> dict[str, str]:
    """Without what changes in place: the label tells what that was at the beginning."""
    return {name: text for name, text in described.items() if name not in _IN_PLACE}


def diff_container(
    want: DesiredContainer, have: ObservedContainer, observed: Observed
) -> ContainerDiff:
    """Whether a container can stay, and what must change in place if it can."""
    if have.revision != want.revision:
        wanted, made_from = _descriptions(want, have)
        if not is_alike(wanted, made_from):
            return ContainerDiff("its definition changed", _described_changes(wanted, made_from))
    # The revision holds the image's name. A name that means another image by now (`latest`, pulled
    # anew) is another container as well.
    image_id = observed.images.get(want.spec.image)
    if image_id is not None and image_id != have.image_id and not want.any_image:
        shown = want.sensitive.get("image", want.spec.image)
        change = FieldChange("image id", _short_id(have.image_id), _short_id(image_id))
        return ContainerDiff(f"`{shown}` now names another image", (change,))
    spec = want.spec
    if any(getattr(spec, name) is None and getattr(have, name) for name in RESOURCE_LIMITS):
        return ContainerDiff("Docker cannot take a limit away in place", _limits(want, have))
    # The table of all names is made anew each time: only for one that has lost its own.
    if have.name != have.given_name and observed.names[have.given_name] != have.id:
        return ContainerDiff(f"another container has its name, `{have.given_name}`")
    for place in want.spec.networks:
        link = have.networks.get(place.network)
        if place.is_fixed and link is not None and not link.fixed:
            change = FieldChange("address", None, "fixed")
            return ContainerDiff(f"its address on `{place.network}` is not a fixed one", (change,))
    limits = _limits(want, have)
    connect, disconnect = _links(want, have, observed)
    joined = {attachment.network for attachment in want.spec.networks}
    if cut := _cut_from_haproxy({*disconnect} - joined, have, observed):
        change = FieldChange("network", cut, None)
        return ContainerDiff("it leaves a network by which HAProxy reaches it", (change,))
    unknown_by = _names_to_add(want, have, observed)
    if network := _cut_from_haproxy({*unknown_by}, have, observed):
        change = FieldChange("aliases", None, ", ".join(unknown_by[network]))
        return ContainerDiff("it gets other names where HAProxy reaches it", (change,))
    fields = [*limits]
    if have.name != have.given_name:
        fields.append(FieldChange("name", have.name, have.given_name))
    anew = {*disconnect} & joined
    fields += [
        FieldChange("network", a.network if a.network in anew else None, a.network) for a in connect
    ]
    fields += [FieldChange("network", name, None) for name in disconnect if name not in anew]
    return ContainerDiff(
        fields=tuple(fields),
        update=bool(limits),
        rename=have.name != have.given_name,
        connect=connect,
        disconnect=disconnect,
    )


def _described_changes(
    after: Mapping[str, str], before: Mapping[str, str]
) -> tuple[FieldChange, ...]:
    """What differs, in texts that hide values from outside the file."""
    return tuple(
        FieldChange(name, _hide(before.get(name)), _hide(after.get(name)))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def _hide(text: str | None) -> str | None:
    """`${TOKEN}#3f…` is shown as `${TOKEN}`; its digest only tells whether it changed."""
    if text is not None and "${" in text and text[-13:-12] == "#":
        return text[:-13]
    return text


def _limits(want: DesiredContainer, have: ObservedContainer) -> tuple[FieldChange, ...]:
    spec = want.spec
    pairs = [(name, _limit(have, name), _limit(spec, name)) for name in RESOURCE_LIMITS]
    return tuple(
        FieldChange(_shown(name), before, after)
        if name not in want.sensitive
        else FieldChange(_shown(name), "another value", want.sensitive[name])
        for name, before, after in (*pairs, ("restart", have.restart, spec.restart))
        if before != after
    )


def _shown(name: str) -> str:
    return name.removesuffix("_bytes").replace("_", " ")


def _limit(owner: ContainerSpec | ObservedContainer, name: str) -> str | None:
    text = _size if name.endswith("_bytes") else _number
    return text(getattr(owner, name))


def _links(
    want: DesiredContainer, have: ObservedContainer, observed: Observed
) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """Networks to join and to leave. A link to a network that is gone or was made anew, or without
    the names and the address that the container shall have, is left and joined again."""
    connect: list[Attachment] = []
    disconnect: list[str] = []
    wanted = {attachment.network: attachment for attachment in want.spec.networks}
    for name, attachment in wanted.items():
        link = have.networks.get(name)
        network = observed.networks.get(name)
        if link is None:
            connect.append(attachment)
        elif (
            link.network_id not in {"", network.id if network is not None else None}
            or not set(attachment.aliases) <= link.aliases
            or (attachment.ipv4 and attachment.ipv4 != link.fixed)
        ):
            disconnect.append(name)
            connect.append(attachment)
    disconnect += [name for name in sorted(have.networks) if name not in wanted]
    return tuple(connect), tuple(disconnect)


def _names_to_add(
    want: DesiredContainer, have: ObservedContainer, observed: Observed
) -> dict[str, list[str]]:
    """The names that the file has by now for a container on the networks where it is as it was put
    there. Docker gives names only to who joins: its connections would be cut."""
    found = {}
    for attachment in want.spec.networks:
        link = have.networks.get(attachment.network)
        network = observed.networks.get(attachment.network)
        if link is None or network is None or link.network_id != network.id:
            continue
        if set(attachment.aliases[:1]) <= link.aliases:
            found[attachment.network] = [a for a in attachment.aliases if a not in link.aliases]
    return {name: aliases for name, aliases in found.items() if aliases}


def _cut_from_haproxy(leaves: set[str], have: ObservedContainer, observed: Observed) -> str:
    """A network that a container leaves and that HAProxy reaches it by; "" if there is none.

    HAProxy keeps the address it has found, and would send requests to one that is gone. Leaving a
    network whose address it does not use harms nobody, and is done in place.
    """
    if have.state != "running" or not leaves:
        return ""
    used = {
        server.address.rpartition(":")[0]
        for proxy in observed.proxies.values()
        for server in proxy.serving
        if server.host in have.hosts
    }
    return next((name for name in sorted(leaves) if have.networks[name].address in used), "")


def _short_id(image_id: str) -> str:
    return image_id.partition(":")[2][:12] or image_id[:12]


def _number(value: float | None) -> str | None:
    return None if not value else f"{value:g}"


def _size(value: int | None) -> str | None:
    if not value:
        return None
    for unit, size in (("g", 1024**3), ("m", 1024**2), ("k", 1024)):
        if value % size == 0:
            return f"{value // size}{unit}"
    return str(value)
