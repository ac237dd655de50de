"""The forms of the pages in `home.views`."""
