"""May this person do this to this record, now; and if not, what is missing and who can mend it."""
