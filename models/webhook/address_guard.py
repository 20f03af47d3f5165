"""Which addresses may be connected to: decided after the name is resolved, for the very address that is used then."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Resolve = Callable[..., list[tuple[Any, ...]]]
NAT64 = ip_network("64:ff9b::/96")


class Forbidden(OSError):
    """All addresses of a host are private."""


def addresses(host: str, port: int, *, private: bool, resolve: Resolve = socket.getaddrinfo) -> list[str]:
    """Return the addresses of *host* that may be connected to; without *private* those of the open internet.

    Raises:
        Forbidden: there are others only.
        OSError: the name cannot be resolved.
    """
    found = list(dict.fromkeys(str(info[4][0]) for info in resolve(host, port, type=socket.SOCK_STREAM)))
    allowed = [address for address in found if private or is_public(address)]
    if not allowed:
        raise Forbidden(f"{host} is {', '.join(found)}, a private address, and allow_private is false")
    return allowed


def is_public(address: str) -> bool:
    """Whether *address* is one of the open internet, also after what gateways make of it.

    >>> [is_public(a) for a in ("93.184.216.34", "10.0.0.1", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "::1")]
    [True, False, False, False, False, False]
    >>> is_public("64:ff9b::7f00:1"), is_public("2002:0a00:0001::1"), is_public("2606:2800:220:1::1")
    (False, False, True)
    """
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None)
        ip = inside or ip
    return ip.is_global and not ip.is_multicast
