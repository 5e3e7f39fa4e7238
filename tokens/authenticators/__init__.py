"""What people prove themselves with: codes of an app or a token, passkeys, recovery codes; their life and loss."""
