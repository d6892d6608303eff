"""Where rows of reports come from: SQL of this room, read in a stream."""
