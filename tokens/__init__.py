"""Proof of who is there: for now, what a front end says of the second factor that was used."""
