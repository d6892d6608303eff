"""Mollie: a payment processor. ``client`` speaks its API, version 2; ``standin`` is a server that behaves like it."""
