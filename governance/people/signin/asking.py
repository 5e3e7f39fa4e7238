"""The bounds within which providers are asked: how near they may be, how long it may take, how many ask at once."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from enum import IntEnum

from governance.kernel.errors import Unavailable

SECONDS = 10.0
"""How long all that is asked of a provider in one step may take."""
CONNECTING, READING = 3.05, 5.0
"""How long one address, and one piece of an answer, is waited for."""
LONG, REMEMBERED = 3.0, 30.0
"""From how long on a provider that gave no answer counts as silent, and for how long it is not asked again."""
AT_ONCE, WAITING, ALL, WAIT = 2, 4, 10, 2.0
"""How many ask one provider at once, how many ask it or wait to, how many all providers together; how long they wait.

No provider's share is all there is, and all there is leaves threads to the pages: they are for everybody else too.
"""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NOWHERE = ipaddress.ip_network("0.0.0.0/8")


class Reach(IntEnum):
    """How near an address is: out in the world, in a private network, or on this very machine."""

    WORLD = 0
    NETWORK = 1
    MACHINE = 2


def reach_of(address: str) -> Reach | None:
    """How near an IP address is; None where no provider can be: link-local, multicast, reserved, or none at all."""
    found = plain(ipaddress.ip_address(address.partition("%")[0]))
    if found.is_loopback:
        return Reach.MACHINE
    nowhere = isinstance(found, ipaddress.IPv4Address) and found in NOWHERE
    if nowhere or found.is_link_local or found.is_multicast or found.is_unspecified or found.is_reserved:
        return None
    site = isinstance(found, ipaddress.IPv6Address) and found.is_site_local
    return Reach.WORLD if found.is_global and not site else Reach.NETWORK


def plain(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 address stands for, where it stands for one."""
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if found in NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or found


def unanswered() -> Unavailable:
    """What is told when a provider gives no answer."""
    return Unavailable("the sign-in of this organisation does not answer; try again in some minutes", "provider_silent")


class Silence:
    """Which providers were silent a moment ago, so that nobody waits for them again so soon."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def note(self, issuer: str) -> None:
        """It was silent just now."""
        self._until[issuer] = time.monotonic() + REMEMBERED

    def holds(self, issuer: str) -> bool:
        """Whether it was silent a moment ago."""
        return time.monotonic() < self._until.get(issuer, 0.0)


SILENT = Silence()


class Share:
    """How much of the room is one provider's: so many ask it, so many more wait for those."""

    def __init__(self) -> None:
        self.asking, self.inside = threading.BoundedSemaphore(AT_ONCE), threading.BoundedSemaphore(WAITING)


class Room:
    """Who has to do with providers at a time: of each no more than its share, of all no more than there is room."""

    def __init__(self) -> None:
        self._all = threading.BoundedSemaphore(ALL)
        self._shares: dict[str, Share] = {}

    @contextmanager
    def turn(self, issuer: str) -> Iterator[None]:
        """Have a turn at asking a provider; raise `Unavailable` where none comes up in time."""
        share = self._shares.setdefault(issuer, Share())
        with ExitStack() as held:
            for room, seconds in ((share.inside, 0.0), (self._all, 0.0), (share.asking, WAIT)):
                if not room.acquire(timeout=seconds):
                    raise unanswered()
                held.callback(room.release)
            yield


ROOM = Room()


class Turn:
    """One step of somebody's sign-in, in which their provider is asked once or several times, within one deadline.

    `answered_from` is how near the one was who answered last, as far as that is known: behind a proxy it mostly is not.
    `took` is how many seconds that answer was in coming.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer, self.ends_at, self.answered_from = issuer, time.monotonic() + SECONDS, Reach.WORLD
        self.took = 0.0

    def left(self) -> float:
        """Seconds that are left; raise `TimeoutError` where none is."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the provider took too long")
        return left

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Ask once; raise `Unavailable` at once where it was silent a moment ago, or where too many ask already."""
        if SILENT.holds(self.issuer):
            raise unanswered()
        with ROOM.turn(self.issuer):
            began = time.monotonic()
            try:
                yield
                self.left()
            finally:
                self.took = time.monotonic() - began

    def no_answer(self) -> Unavailable:
        """What came last is no answer; where it was long in coming, its provider is silent as well as wrong."""
        if self.took >= LONG:
            SILENT.note(self.issuer)
        return unanswered()

    def dial(self, host: str, port: int, allowed: Reach | None, kept: ExitStack) -> socket.socket:
        """Connect to a host, at an address that is no nearer than allowed: it is looked at just before it is used.

        Whatever is done on the line is cut off at the deadline. Anything is allowed of an operator's own proxy (None).
        """
        wrong: OSError = ConnectionError("there is no address that may be asked")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            reach = reach_of(str(address[0]))
            if allowed is not None and (reach is None or reach > allowed):
                continue
            line = socket.socket(family, kind, protocol)
            try:
                line.settimeout(min(CONNECTING, self.left()))
                line.connect(address)
            except OSError as failed:
                line.close()
                wrong = failed
                continue
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if allowed is not None and reach is not None:
                self.answered_from = reach
            kept.callback(cut_off(line, self.left()))
            return line
        raise wrong


def cut_off(line: socket.socket, seconds: float) -> Callable[[], None]:
    """Cut a line off after so long, whatever is under way on it; what is given back calls that off."""
    twin = line.dup()  # the line itself is taken over by TLS

    def cut() -> None:
        with suppress(OSError):
            twin.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()

    def call_off() -> None:
        timer.cancel()
        twin.close()

    return call_off
