"""A self-hosted invoicing system; `factory.create_app` builds it, DESIGN in docs/ explains it."""

__version__ = "0.1.0"
