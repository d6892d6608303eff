"""The access log: who read where somebody was, why, and how much."""
