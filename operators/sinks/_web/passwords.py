"""The password of a page: how it is checked, and how often."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable

LONGEST = 1024  # characters; more are hashed for nobody
COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and some 50 ms: RFC 7914 and OWASP's second recommendation
WINDOW_S = 300.0
TRIES = 5  # of one address in that time
ALL_TRIES = 50  # of all addresses: many machines are one attacker
ADDRESSES = 1000
THIS_MACHINE = "this machine"


class Password:
    """A password of which only hashes are kept; once it was given, it is known again without the slow one.

    >>> password = Password("correct horse")
    >>> password.matches("correct horse"), password.matches("correct hors"), password.matches("")
    (True, False, False)
    """

    def __init__(self, password: str) -> None:
        self._salt = secrets.token_bytes(16)
        self._hash = self._hashed(password)
        self._key = secrets.token_bytes(32)
        self._known = b""

    def matches(self, given: str) -> bool:
        """Return whether *given* is the password; each wrong one takes as long."""
        if len(given) > LONGEST:
            return False
        quick = hmac.digest(self._key, given.encode("utf-8", "surrogatepass"), "sha256")
        if hmac.compare_digest(quick, self._known):
            return True
        right = hmac.compare_digest(self._hashed(given), self._hash)
        if right:
            self._known = quick
        return right

    def _hashed(self, password: str) -> bytes:
        return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=self._salt, **COST)


class Attempts:
    """How often a wrong password may be tried.

    This machine itself is never kept out by what others try: its owner has a way in, by `ssh -L` for instance.

    Args:
        clock: Tells the time, s.

    >>> attempts = Attempts(lambda: 0.0)
    >>> for _ in range(5):
    ...     attempts.failed("10.0.0.1")
    >>> attempts.wait_s("10.0.0.1"), attempts.wait_s("10.0.0.2")
    (300.0, 0.0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=ALL_TRIES)

    def wait_s(self, address: str) -> float:
        """Return how long *address* must wait before it may try again, s."""
        now, who = self._clock(), whose(address)
        own = self._failures.get(who, deque())
        counted = [own] if who == THIS_MACHINE else [own, self._all]
        full = [times for times in counted if len(times) == times.maxlen]
        return max([0.0, *(times[0] + WINDOW_S - now for times in full if times)])

    def failed(self, address: str) -> None:
        """Note a wrong password."""
        who = whose(address)
        self._failures.setdefault(who, deque(maxlen=TRIES)).append(self._clock())
        self._failures.move_to_end(who)
        self._all.append(self._clock())
        while len(self._failures) > ADDRESSES:
            self._failures.popitem(last=False)

    def passed(self, address: str) -> None:
        """Note the right one: who knows it may mistype it again."""
        self._failures.pop(whose(address), None)


def whose(address: str) -> str:
    """Return who is at *address*: one customer has all the 2**64 IPv6 addresses of a network.

    >>> whose("10.0.0.1"), whose("::ffff:10.0.0.1"), whose("2001:db8::5:6"), whose("127.0.0.9")
    ('10.0.0.1', '10.0.0.1', '2001:db8::', 'this machine')
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if not ip.ipv4_mapped:
            return THIS_MACHINE if ip.is_loopback else str(ipaddress.IPv6Address(int(ip) >> 64 << 64))
        ip = ip.ipv4_mapped
    return THIS_MACHINE if ip.is_loopback else str(ip)
