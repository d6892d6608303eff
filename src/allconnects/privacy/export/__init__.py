"""A copy of everything about a person, made from labels, handed over once."""
