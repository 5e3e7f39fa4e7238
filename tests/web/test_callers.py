"""Who asks: the connection says it, and a proxy that the settings name; nobody else is believed."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from governance.kernel.errors import BadInput
from governance.kernel.settings import load_settings
from governance.people.signin.rules import place_of
from governance.web.behind import Scope, make_environ
from governance.web.placing import Placed

PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8:f::/48"))


@pytest.mark.parametrize(("client", "place"), [
    ("192.0.2.1:4711", "192.0.2.1"),
    ("[2001:db8:1:2::7]:4711", "2001:db8:1:2::"), ("[::ffff:192.0.2.1]:47", "192.0.2.1"),
])  # fmt: skip
def test_a_connection_says_where_it_comes_from(client: str, place: str) -> None:
    told = {"method": "GET", "path": "/", "query_string": "", "scheme": "http", "server": "[::1]:80", "client": client}
    environ = make_environ(cast(Scope, SimpleNamespace(**told, http_version="1.1", headers={})), b"")
    assert place_of(environ["REMOTE_ADDR"]) == place


@pytest.mark.parametrize(("peer", "forwarded", "proxies", "address"), [
    ("10.1.1.1", "192.0.2.1", PROXIES, "192.0.2.1"),
    ("::ffff:10.1.1.1", "192.0.2.1, 10.2.2.2", PROXIES, "192.0.2.1"),
    ("2001:db8:f::1", "203.0.113.9, 192.0.2.1", PROXIES, "192.0.2.1"),
    ("10.1.1.1", "", PROXIES, "10.1.1.1"),
    ("10.1.1.1", "10.2.2.2", PROXIES, "10.1.1.1"),
    ("192.0.2.9", "192.0.2.1", PROXIES, "192.0.2.9"),
    ("10.1.1.1", "192.0.2.1", (), "10.1.1.1"),
])  # fmt: skip
def test_a_proxy_is_believed_where_it_is_named(
    peer: str, forwarded: str, proxies: tuple[Any, ...], address: str
) -> None:
    seen: list[str] = []
    placed = Placed(lambda environ, _start: seen.append(environ["REMOTE_ADDR"]) or [], "https://x.example", proxies)
    placed({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}, None)
    assert seen == [address]


def test_what_lists_no_proxy_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = {"DATABASE_URL": "sqlite://", "PUBLIC_URL": "https://x.example"}
    keys = dict.fromkeys(("RECORD_KEYS", "SECRET_KEYS"), f"k1:{'ab' * 32}")
    for name, value in {**needed, **keys, "PROXIES": "127.0.0.1, 10.0.0.0/8"}.items():
        monkeypatch.setenv(f"POSTERN_{name}", value)
    assert load_settings(tmp_path).proxies == (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))
    monkeypatch.setenv("POSTERN_PROXIES", "proxy.internal")
    with pytest.raises(BadInput, match="POSTERN_PROXIES"):
        load_settings(tmp_path)
