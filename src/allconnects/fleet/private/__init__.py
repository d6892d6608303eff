"""Private time: when people are not recorded, by their button, their hours, a switch in the vehicle; and exceptions."""
