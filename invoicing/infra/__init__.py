"""Adapters to the outside: database, clock, queue, mail, files, PDF. No business words."""
