"""Invoices: drafts, issuing, sending, and what is still due."""
