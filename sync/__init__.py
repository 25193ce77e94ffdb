"""Between store and head office: the messages, the MQTT link, the store's uplink and the hub.

MQTT delivers at least once at best, so nothing here rests on it: the journal is the queue, and an
entry counts as sent when head office has acknowledged it after its own commit.
"""
