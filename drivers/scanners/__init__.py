"""Scanners: devices that read what is printed, or shown on a telephone."""
