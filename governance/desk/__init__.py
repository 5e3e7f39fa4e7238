"""The desk of officers and managers, and everybody's own access: who may do what, what is missing, who mends it."""
