"""Device drivers: parsers without I/O beside thin shells that own a port.

A parser takes bytes as they come and answers events; it never raises on bad bytes and never holds
more than one frame. A shell reads the port in a thread, survives its loss, and hands events over.
"""
