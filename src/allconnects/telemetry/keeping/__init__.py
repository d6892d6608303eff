"""How long an organisation keeps its positions: who decided it, on what ground, and proof of what went."""
