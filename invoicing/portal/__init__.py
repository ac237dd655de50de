"""What clients see: the public page of one document behind its secret link."""
