"""Stores, network and head office in one process, on a seeded clock, under every fault.

Everything that decides is the product's own code: the till, the ledger's transactions and
projections, the mirror, the uplink, and head office with its booking, granting and judging. Only
what surrounds them is simulated: time, dice, disks that are images in memory, a broker, and
customers. So a whole day of stores takes a second, the same seed gives the same day, and a day
that went wrong can be told in words.
"""
