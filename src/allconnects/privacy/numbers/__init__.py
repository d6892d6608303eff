"""National numbers (INSZ, NISS): entered, never shown, used only where a law says so."""
