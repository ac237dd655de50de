"""Clients: who the company invoices; the living record behind every buyer."""
