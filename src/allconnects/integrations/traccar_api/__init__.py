"""A small endpoint that clients of Traccar can read, such as pytraccar, which Home Assistant uses. Read only."""
