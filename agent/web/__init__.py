"""What the two HTTP APIs share, the agent's and head office's: problems, bounds, descriptions."""
