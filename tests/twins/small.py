"""A server with room for few at once, so that a test need not open a thousand connections."""

from governance.decisions import doorway
from governance.web import behind


def room() -> None:
    """Eight requests at once; of strangers' bodies four, and four of one address."""
    doorway.AT_ONCE = behind.AT_ONCE = 8
    doorway.STRANGERS = behind.OF_ONE_PEER = 4
