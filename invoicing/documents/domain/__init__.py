"""What every document has in common, as pure values: its arithmetic, its paper, its number."""
