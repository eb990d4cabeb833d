"""Where a request comes from."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest | None) -> str | None:
    """The IP address of the client, or None if it is not known (a Unix socket, no request at all).

    That is ``REMOTE_ADDR``, unless ``TRUSTED_PROXY_COUNT`` says how many proxies stand in front. Each of them adds to
    the end of ``X-Forwarded-For`` the address that it was called from, so the client's is that many from the right;
    what is left of it anybody may have made up. A header that is shorter did not come through all of the proxies:
    then it is ``REMOTE_ADDR`` again.
    """
    if request is None:
        return None
    if proxies := settings.TRUSTED_PROXY_COUNT:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(hops) >= proxies and hops[-proxies].strip():
            return parsed(hops[-proxies])
    return parsed(request.META.get("REMOTE_ADDR", ""))


def parsed(text: str) -> str | None:
    """An address as it is stored, without port, brackets, quotes and zone; None if it is not one."""
    text = text.strip().strip('"')
    if text.startswith("["):  # [2001:db8::1]:443
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 192.0.2.1:443
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(address)


def ip_key(ip: str | None) -> str:
    """What the lockout counts as one client: an IPv4 address, or the /64 network that an IPv6 address is taken from.

    Whoever has one IPv6 address has the other 2**64 of its network too. Empty for no address.
    """
    return "" if ip is None else _network(ip, 32, 64).removesuffix("/32")


def network(ip: str | None) -> str:
    """The network that an address is in, as far as a provider usually keeps it: /24 or, for IPv6, /48."""
    return "" if ip is None else _network(ip, 24, 48)


def _network(ip: str, v4_prefix: int, v6_prefix: int) -> str:
    prefix = v4_prefix if isinstance(ip_address(ip), IPv4Address) else v6_prefix
    return str(ip_network(f"{ip}/{prefix}", strict=False))
