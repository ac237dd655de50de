"""The books: one balanced entry for each thing that moves money or claims."""
