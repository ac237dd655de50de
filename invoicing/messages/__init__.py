"""Mail as rows: what is to go, what went, and what the mail server said to it."""
