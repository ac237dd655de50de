"""The catalogue: what the company sells, ready to be put on a line."""
