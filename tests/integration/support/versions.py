"""The HAProxy versions that what matters is tested on."""

import pytest

from tests.images import BOTH_HAPROXIES

both_versions = pytest.mark.parametrize(
    "haproxy_image", list(BOTH_HAPROXIES.values()), ids=list(BOTH_HAPROXIES)
)
