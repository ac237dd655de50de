"""The use cases of invoices: drafting, issuing, sending, settling."""
