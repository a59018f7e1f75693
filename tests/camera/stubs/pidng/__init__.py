"""Stands for PiDNG, which picamera2 imports for raw pictures on disk, which a kiosk never writes."""
