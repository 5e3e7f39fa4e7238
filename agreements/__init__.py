"""Data sharing agreements, protocols and individual agreements: versions, parties, signatures, ends."""
