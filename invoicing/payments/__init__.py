"""Payments: money received, allocated to invoices."""
