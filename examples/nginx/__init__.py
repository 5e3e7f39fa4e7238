"""Puts Postern before a web site that cannot be changed: nginx asks a small adapter about each request."""
