"""What sign-in does. Here stand the verbs of sessions, which others use; beside them entering, links, providers."""

from governance.people.signin.service.sessions import (
    begin_session,
    end_one,
    end_others,
    end_sessions,
    find_visitor,
    next_place,
    prove_factor,
    renew_session,
)

__all__ = [
    "begin_session",
    "end_one",
    "end_others",
    "end_sessions",
    "find_visitor",
    "next_place",
    "prove_factor",
    "renew_session",
]
