"""What each answer tells a browser to forbid, and the names by which this service may be called."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import BadRequest
from werkzeug.routing import RequestRedirect
from werkzeug.sansio.utils import host_is_trusted

from governance.web.guards import PageMark, page_mark

KEPT = "public, max-age=31536000, immutable"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)",
}
TRANSPORT = "max-age=31536000"
HERE = frozenset({"127.0.0.1", "localhost"})
"""This machine's own names: where a demonstration is called by one of them, it may be called by the other."""


def register(app: Flask, public_url: str) -> None:
    """Refuse pages to those who call this service by a strange name, and give each answer its headers."""
    public = urlsplit(public_url)
    names = sorted(HERE) if public.hostname in HERE else [public.hostname or ""]

    @app.before_request
    def know_the_name() -> None:
        leads = isinstance(request.routing_exception, RequestRedirect)
        if (leads or this_page() is not None) and not host_is_trusted(request.host, names):
            raise BadRequest("this service is not called by that name")

    @app.after_request
    def be_careful(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        forms = " ".join(["'self'", *sorted(g.get("leads_to", ()))])
        response.headers.setdefault("Content-Security-Policy", POLICY.format(forms=forms))
        if public.scheme == "https":
            response.headers.setdefault("Strict-Transport-Security", TRANSPORT)
        if response.headers.get("Cache-Control") != KEPT:
            response.vary.add("Cookie")
        return response


def this_page() -> PageMark | None:
    """What the page that is asked for asks of its visitor; None where it is no page."""
    return page_mark(current_app.view_functions.get(request.endpoint or ""))


def lead_to(*origins: str) -> None:
    """Let forms of this answer's page lead on to other sites (`https://app.example.org`): redirects count too."""
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("https", "http") or not parts.netloc or set(parts.netloc) & set(" ;,'\"*@"):
            raise ValueError("not the origin of a site")
        g.setdefault("leads_to", set()).add(f"{parts.scheme}://{parts.netloc}")


def public_origins() -> frozenset[str]:
    """How a browser names the site of this service."""
    public = urlsplit(current_app.extensions["postern"].settings.public_url)
    return frozenset({f"{public.scheme}://{public.netloc}", f"{public.scheme}://{request.host}"})


def unreferred(response: Response) -> Response:
    """Nobody is told the address of this page, for it holds a token: not more of it than the host.

    With "no-referrer" a browser says `Origin: null` when it sends the page's form, and the form is refused.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
