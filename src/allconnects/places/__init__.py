"""Places: sites, depots, customers, homes; their shapes, who was in them, and addresses."""
