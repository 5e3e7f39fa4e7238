"""What doors share: reading requests, guards, errors."""
