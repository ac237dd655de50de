"""The pure kernel: values and rules of the field, without I/O, Flask or SQLAlchemy."""
