"""Tags: what the memory of a tag says, whichever reader read it."""
