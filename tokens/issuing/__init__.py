"""Postern as an OpenID provider: what it signs, and how what was signed is read again."""
