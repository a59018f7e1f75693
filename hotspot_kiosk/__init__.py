"""HOTSPOT kiosk: capture at a post, seal, buffer, send; match at the hub, answer."""

__version__ = "0.1.0"
