"""An OpenID client that knows nothing of us: Apache with mod_auth_openidc, set up by discovery alone."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from governance.clients.service import register_front_end
from governance.kernel import clock
from tests.examples.signing_in import Browser, serving, signed_in
from tests.installation import ACTOR, Installation, installed, launcher
from tests.servers import SYSTEM, Launcher, free_port, listened_to
from tests.services import Unavailable, cannot_be_had, install_with_apt

__all__ = ["launcher"]

MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers", "auth_openidc")
CONFIG = """
ServerRoot {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/error
{user}
{modules}
DocumentRoot {folder}/site
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {secret}
OIDCRedirectURI {site}/pupils/back
OIDCCryptoPassphrase {folder}
OIDCPKCEMethod S256
OIDCScope "openid profile"
OIDCRemoteUserClaim sub
OIDCDefaultLoggedOutURL {site}/bye.html
<Location /pupils>
  AuthType openid-connect
  Require valid-user
  Header set X-Signed-In "expr=%{{REMOTE_USER}} %{{reqenv:OIDC_CLAIM_acr}} %{{reqenv:OIDC_CLAIM_name}}"
</Location>
"""


class Site(NamedTuple):
    """The web site behind Apache, Postern, and the installation that both go by."""

    address: str
    postern: str
    installation: Installation


def apache() -> str:
    """Apache's program, with the module; as root on Debian both are installed when missing."""
    if not (shutil.which("apache2", path="/usr/sbin") and (MODULES / "mod_auth_openidc.so").exists()):
        if os.geteuid() == 0 and shutil.which("apt-get"):
            try:
                install_with_apt("libapache2-mod-auth-openidc", "apache2")
            except Unavailable as missing:
                cannot_be_had(str(missing))
        else:
            cannot_be_had("no apache2 with libapache2-mod-auth-openidc here: install them")
    return shutil.which("apache2", path="/usr/sbin") or cannot_be_had("no apache2 here: install one")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[Site]:
    program, folder, port = apache(), tmp_path_factory.mktemp("apache"), free_port()
    address = f"http://127.0.0.1:{port}"
    with installed(tmp_path_factory.mktemp("postern"), "sqlite") as made:
        issuer = serving(made, launcher)
        now = clock.now()
        with made.databases.change("test", now) as session:
            given = register_front_end(
                session, "Pupil pages", [SYSTEM], [f"{address}/pupils/back"], [f"{address}/bye.html"],
                public=False, actor=ACTOR, now=now,
            )  # fmt: skip
        (folder / "site" / "pupils").mkdir(parents=True)
        (folder / "site" / "pupils" / "1.html").write_text("the record 1")
        modules = [f"LoadModule {one}_module {MODULES}/mod_{one}.so" for one in NEEDED]
        user = "User www-data" if os.geteuid() == 0 else ""
        filled = {"folder": folder, "port": port, "issuer": issuer, "site": address, "user": user}
        text = CONFIG.format(modules="\n".join(modules), client_id=given.client_id, secret=given.secret, **filled)
        (folder / "apache.conf").write_text(text)
        for part in (folder, *folder.parents):  # its workers are another user's
            if part.owner() == Path.home().owner() and str(part).startswith("/tmp/"):
                part.chmod(part.stat().st_mode | 0o055)
        with (folder / "said").open("wb") as said:
            command = [program, "-f", str(folder / "apache.conf"), "-DFOREGROUND"]
            server = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 10
            while not listened_to(port) and time.monotonic() < deadline:
                time.sleep(0.02)
            yield Site(address, issuer, made)
        finally:
            server.terminate()
            server.wait(10)


def test_it_signs_people_in_from_discovery_alone(site: Site) -> None:
    browser = Browser(site.postern)
    browser.get(f"{site.address}/pupils/1.html")
    assert browser.went[-1].startswith(f"{site.postern}/sign-in?next=")
    signed_in(site.installation, browser)
    answer, text = browser.get(f"{site.address}/pupils/1.html")
    assert (answer.status, text) == (200, "the record 1"), (browser.went, text)
    assert answer.headers["X-Signed-In"] == "ann passkey Ann Reader"
    answer, _ = browser.get(f"{site.address}/pupils/back?logout={site.address}/bye.html")
    assert any(url.startswith(f"{site.postern}/oauth/logout?id_token_hint=") for url in browser.went)
    browser.get(f"{site.address}/pupils/1.html")
    assert browser.went[-1].startswith(f"{site.postern}/sign-in?next="), "signed out of both"


def test_who_is_suspended_is_not_let_in(site: Site) -> None:
    browser = Browser(site.postern)
    signed_in(site.installation, browser)
    site.installation.suspend()
    try:
        answer, _ = browser.get(f"{site.address}/pupils/1.html")
    finally:
        site.installation.lift()
    assert answer.status in (401, 403, 400, 200), browser.went
    assert "X-Signed-In" not in answer.headers
    assert any("error=access_denied" in url for url in browser.went)
