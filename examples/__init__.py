"""What people try Postern with."""
