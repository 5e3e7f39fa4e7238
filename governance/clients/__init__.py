"""Registered front ends: their keys, and the systems and scopes that each may ask about."""
