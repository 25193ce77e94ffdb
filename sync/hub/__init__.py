"""Head office: takes journals in, checks and stores them, acknowledges after its own commit.

Of the stores it shares the pure core, and what every daemon is made of (service, settings, clock,
logs, HTTP); nothing of a store's inside: what a device says arrives as bytes and is believed only
where the chain proves it.
"""
