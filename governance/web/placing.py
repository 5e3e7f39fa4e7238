"""Where pages are at, as browsers see it, and who asks: settings say so, never what a request claims by itself."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from governance.kernel.settings import Network

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Placed:
    """A WSGI application below the path of its public address, and called by that address's scheme.

    The proxy in front takes the path away before it hands a request on. Where settings name that proxy it is believed
    whom it answers (`X-Forwarded-For`); nobody else is.
    """

    def __init__(self, behind: Wsgi, public_url: str, proxies: Sequence[Network] = ()) -> None:
        public = urlsplit(public_url)
        self._behind, self._proxies = behind, proxies
        self._place = {"SCRIPT_NAME": public.path.rstrip("/"), "wsgi.url_scheme": public.scheme}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request where it is."""
        peer = environ.get("REMOTE_ADDR", "")
        address = caller(peer, environ.get("HTTP_X_FORWARDED_FOR", ""), self._proxies) if self._proxies else peer
        return self._behind({**environ, **self._place, "REMOTE_ADDR": address}, start_response)


def caller(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Who asks: the last address of the way here that is no proxy of ours. Anybody may have written those before it."""
    way = [*(part.strip() for part in forwarded.split(",") if part.strip()), peer]
    return next((address for address in reversed(way) if not is_proxy(address, proxies)), peer)


def is_proxy(address: str, proxies: Sequence[Network]) -> bool:
    """Whether an address is one of the proxies that settings name."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = getattr(found, "ipv4_mapped", None) or found
    return any(plain in network for network in proxies)
