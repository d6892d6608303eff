"""The register of breaches (GDPR art. 33 and 34): what happened, whose data, what was done, and 72 hours."""
