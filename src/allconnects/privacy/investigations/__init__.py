"""Looking into what one person or vehicle did: asked by one, granted by another, for a while, seen by the person."""
