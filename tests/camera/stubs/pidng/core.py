"""The name that picamera2 imports."""


class PICAM2DNG:
    """Never made."""
