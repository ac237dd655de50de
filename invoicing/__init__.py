"""A self-hosted invoicing system; `factory.create_app` builds it, DESIGN in docs/ explains it."""
