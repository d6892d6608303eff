"""A copy of the database that may leave production: masked on the way out, loaded into an empty installation."""
