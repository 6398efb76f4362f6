"""Every field of a Truss config, as of truss 0.18.36, described in our own words."""
