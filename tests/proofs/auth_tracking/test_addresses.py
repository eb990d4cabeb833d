"""No header, however odd or forged, makes a wrong address or an error."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from auth_tracking.addresses import client_ip, ip_key, network


def ip_of(remote: str, forwarded: str | None = None) -> str | None:
    request = RequestFactory().get("/", REMOTE_ADDR=remote)
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    return client_ip(request)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "ip"),
    [
        (2, "forged, 203.0.113.7,10.0.0.2", "203.0.113.7"),
        (1, None, "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "1.2.3.4, <script>", None),
    ],
)
def test_behind_proxies_it_is_the_hop_that_many_from_the_right(
    settings: Settings, proxies: int, forwarded: str | None, ip: str | None
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert ip_of("10.0.0.1", forwarded) == ip


@pytest.mark.parametrize(
    ("text", "ip"),
    [
        ("192.0.2.1:4711", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ('"[2001:db8::1]"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", None),
        ("localhost", None),
        ("1.2.3", None),
        ("1.2.3.4.5", None),
        ("9" * 1000, None),
    ],
)
def test_ports_brackets_and_garbage(text: str, ip: str | None) -> None:
    assert ip_of(text) == ip


def test_without_a_request_or_an_address_there_is_none() -> None:
    request = RequestFactory().get("/")
    del request.META["REMOTE_ADDR"]
    assert client_ip(request) is None
    assert client_ip(None) is None


def test_who_has_one_address_of_an_ipv6_network_has_them_all() -> None:
    assert ip_key("2001:db8:1:2:3:4:5:6") == ip_key("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert ip_key("192.0.2.1") == "192.0.2.1"
    assert ip_key(None) == ""


def test_a_network_is_what_a_provider_usually_keeps() -> None:
    assert network("192.0.2.1") == "192.0.2.0/24"
    assert network("2001:db8:1:2::1") == "2001:db8:1::/48"
    assert network(None) == ""
