"""Who holds which role, where, from when to when, and by whose approval."""
