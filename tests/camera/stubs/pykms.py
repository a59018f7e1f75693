"""Stands for the bindings of kms++, which picamera2 imports for windows that a kiosk never opens."""


class PixelFormat:
    """Any format's name is itself."""

    def __getattr__(self, name: str) -> str:
        return name


PixelFormat = PixelFormat()
