"""How rooms ask one another without knowing whom: protocols and frozen values only."""
