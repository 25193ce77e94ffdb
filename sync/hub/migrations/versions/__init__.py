"""The steps, each named by the revision it makes."""
