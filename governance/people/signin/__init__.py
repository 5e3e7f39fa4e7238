"""How people sign in to the pages: accounts, first factors, and the sessions that follow."""
