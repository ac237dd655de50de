"""Work to be done outside a request: an outbox of tasks, periodic work, and who runs them."""
