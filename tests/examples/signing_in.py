"""Postern as it signs people in for tests of others' programs, and as much of a browser as that needs."""

from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from governance.kernel import clock
from governance.people.signin import service as signin
from governance.people.signin.rules import Limits
from governance.people.store import get_person
from governance.web.signing import new_keys
from policies.service import activate_own
from tests.installation import ACTOR, Installation
from tests.servers import Launcher, Server, free_port

COOKIE = "__Host-postern-session"


def serving(made: Installation, launcher: Launcher) -> str:
    """A server of an installation that signs people in; its address."""
    activate_own(made.databases, made.service.requirements, ACTOR, clock.now())
    (made.folder / "signing-keys.json").write_text(new_keys())
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    environment = {**made.environment, "POSTERN_PUBLIC_URL": issuer, "POSTERN_TRAIL_TIMEOUT": "5"}
    server = Server(made.folder, environment, made.key, port, launcher=launcher)
    made._servers.append(server)
    server.start()
    server.wait()
    return issuer


class Browser:
    """As much of a browser as signing in needs: it keeps cookies, and follows up to Postern's own pages."""

    def __init__(self, postern: str) -> None:
        self.postern = postern
        self.cookies: dict[str, dict[str, str]] = {}
        self.went: list[str] = []

    def get(self, url: str) -> tuple[HTTPResponse, str]:
        """A page, and whatever it leads to."""
        for _ in range(10):
            parts = urlsplit(url)
            with closing(HTTPConnection(parts.netloc, timeout=10)) as link:
                jar = self.cookies.setdefault(parts.netloc, {})
                cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
                path = f"{parts.path}?{parts.query}" if parts.query else parts.path
                link.request("GET", path, headers={"Accept": "text/html", **cookie})
                answer = link.getresponse()
                text = answer.read().decode()
            self.went.append(url)
            for header in answer.headers.get_all("Set-Cookie", []):
                for name, morsel in SimpleCookie(header).items():
                    jar[name] = morsel.value
            location = answer.headers.get("Location")
            if answer.status not in (301, 302, 303) or location is None:
                return answer, text
            url = location if "://" in location else f"{parts.scheme}://{parts.netloc}{location}"
            if url.startswith(f"{self.postern}/sign-in"):
                self.went.append(url)
                return answer, text
        raise AssertionError(f"led in a circle: {self.went}")


def signed_in(made: Installation, browser: Browser, person: str = "ann") -> None:
    """A person with a session of Postern's, as its own pages make one."""
    now = clock.now()
    with made.databases.change("test", now) as session:
        secret = signin.begin_session(session, get_person(session, person).id, person, ["pwd"], "a test", now=now)
    with made.databases.reading() as session:
        visitor = signin.find_visitor(session, secret, Limits.of(30, 12), made.databases.freshness.current(), now)
    assert visitor is not None
    with made.databases.change("test", now) as session:
        secret = signin.prove_factor(session, visitor, "passkey", ["swk", "user"], None, now=now)
    browser.cookies[urlsplit(browser.postern).netloc] = {COOKIE: secret}
