"""What a role may do: packs, their revisions, and Casbin, which answers role questions and only those."""
