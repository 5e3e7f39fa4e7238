"""What an integrator copies: one file that asks Postern, and one for those who filter rows in a database."""
