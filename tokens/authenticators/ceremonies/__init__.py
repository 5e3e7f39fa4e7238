"""The ceremonies of passkeys and security keys: making one, proving with one, signing in with one alone."""
