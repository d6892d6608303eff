"""Access of the operator's staff to help: asked under a ticket, granted by the customer for hours, seen by all."""
