"""A look-up front end: search for a child, open a record, see what Postern says may be seen."""
