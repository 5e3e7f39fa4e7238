"""Checks, training, conflicts of interest, suspensions: whether a person is fit to be let in."""
