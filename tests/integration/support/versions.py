"""The HAProxy versions that what matters is tested on."""

import pytest

from tests.integration.support.world import HAPROXY_26, HAPROXY_30

VERSIONS = {"3.0": HAPROXY_30, "2.6": HAPROXY_26}
both_versions = pytest.mark.parametrize(
    "haproxy_image", list(VERSIONS.values()), ids=list(VERSIONS)
)
