"""Every query of sign-in: sessions (named here), accounts with their links, attempts, providers."""

from governance.people.signin.store.sessions import (
    KIND,
    SessionSource,
    add_session,
    find_by_secret,
    find_next,
    list_named,
    list_of,
    note_seen,
    put_told,
    seen_before,
    set_ended,
    set_proved,
    take_told,
)

__all__ = [
    "KIND", "SessionSource", "add_session", "find_by_secret", "find_next", "list_named", "list_of", "note_seen",
    "put_told", "seen_before", "set_ended", "set_proved", "take_told",
]  # fmt: skip
