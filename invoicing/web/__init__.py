"""The Flask kit: rendering, forms, access, errors, security. No business words."""
