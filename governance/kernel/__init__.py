"""What every room stands on: verdicts, the clock, errors, databases, names, settings."""
