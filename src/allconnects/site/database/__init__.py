"""The database backend of Django for this site."""
