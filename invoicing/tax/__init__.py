"""What is owed to the state: categories, rates, and each country's set of them."""
