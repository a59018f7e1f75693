"""The name that picamera2 imports."""


class Picamera2Camera:
    """Never made."""
