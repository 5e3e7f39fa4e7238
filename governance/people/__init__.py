"""Organisations as a tree, people, and who works where."""
