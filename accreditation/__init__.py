"""Organisations' checklists: criteria, answers, evidence, expiry."""
