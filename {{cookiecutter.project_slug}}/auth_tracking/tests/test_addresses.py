"""A client's address is believed only as far as the proxies in front are trusted."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from auth_tracking.addresses import client_ip, ip_key


@pytest.mark.parametrize(
    ("proxies", "forwarded", "ip"),
    [
        (0, "203.0.113.7", "10.0.0.1"),
        (1, "forged, 203.0.113.7", "203.0.113.7"),
        (2, "forged, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),
        (1, "[2001:DB8::1]:443", "2001:db8::1"),
        (1, "unknown", None),
    ],
)
def test_a_forwarded_address_counts_from_the_right(
    rf: RequestFactory, settings: Settings, proxies: int, forwarded: str, ip: str | None
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert client_ip(rf.get("/", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR="10.0.0.1")) == ip


def test_the_lockout_counts_an_ipv6_network_as_one_client() -> None:
    assert ip_key("2001:db8:1:2:3:4:5:6") == ip_key("2001:db8:1:2::1") == "2001:db8:1:2::/64"
