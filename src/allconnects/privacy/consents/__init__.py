"""Consents: what somebody agreed to, when, to which words, and that he took it back. Nothing here is assumed."""
