"""Fields in which something is chosen out of however much there is: a short list as such, a long one by typing."""
