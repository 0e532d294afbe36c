"""The seccomp profile of a container: its content is sent to Docker, and by its digest in the
revision; where it stands means nothing."""

from __future__ import annotations

import hashlib
import json

from msgspec.structs import replace

from reconciler.desired.options import Profile
from reconciler.desired.spec import ContainerSpec
from reconciler.topology.model import Backend
from reconciler.topology.model.types.container import SECCOMP
from reconciler.topology.references import Contents


def with_profile(spec: ContainerSpec, backend: Backend, contents: Contents) -> ContainerSpec:
    name = backend.seccomp_profile
    if name is None:
        return spec
    content = _compact(contents.files.get(name, b""))
    profile = Profile(hashlib.sha256(content.encode()).hexdigest(), content)
    others = tuple(option for option in spec.security_opt if option != SECCOMP + name)
    return replace(spec, security_opt=others, seccomp=profile)


def _compact(text: bytes) -> str:
    """Other spaces make no other profile. What is not JSON was refused before."""
    try:
        return json.dumps(json.loads(text), separators=(",", ":"))
    except ValueError:
        return ""
