"""What the build makes for the pages: vendored files, the offline map, compiled translations."""
