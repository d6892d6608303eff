"""How dates are written, where Django's own way misleads readers in Belgium."""
