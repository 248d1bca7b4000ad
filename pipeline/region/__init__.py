"""Custom geographies: region files read, checked against the areas that exist, and described."""
