"""The audit chain: what people and programs did that matters, in an order that nobody can change unnoticed."""
