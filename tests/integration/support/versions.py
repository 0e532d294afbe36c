"""The HAProxy versions that what matters is tested on."""

import pytest

from tests.integration.support.world import HAPROXY_26, HAPROXY_30

both_versions = pytest.mark.parametrize(
    "haproxy_image", [HAPROXY_30, HAPROXY_26], ids=["3.0", "2.6"]
)
