"""The demonstration: its import folder, and the script that draws its people."""
