"""The edge that ties the house together: home page, first set-up, state of the system."""
