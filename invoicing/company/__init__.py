"""The company that sends the invoices: its name, address, identifiers, bank and look."""
