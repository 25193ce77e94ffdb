"""Head office: takes journals in, checks and stores them, acknowledges after its own commit.

It shares the pure core with the stores and nothing else of them: what a device says arrives as
bytes and is believed only where the chain proves it.
"""
