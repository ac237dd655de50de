"""The pages of the house itself: start, set-up, system."""
