"""Every error this software raises on purpose, under one root.

A `Temporary` error may go away by itself and is worth another try; a `Permanent` one is not.
The first line of each docstring is what an operator needs to know.
"""


class HotspotError(Exception):
    """Something went wrong; the message says what to do."""


class Temporary(HotspotError):
    """It may work again without anybody changing anything."""


class Permanent(HotspotError):
    """It will not work until somebody changes something."""


class ConfigError(Permanent, ValueError):
    """The configuration cannot be used; the message names the key and the remedy."""


class BadBytes(Permanent, ValueError):
    """Bytes from outside are not what they claim to be; nothing was changed."""


class BadSample(Permanent, ValueError):
    """An image cannot be used as a biometric sample; the message says why."""


class GlassDirty(BadSample):
    """The sensor's glass shows dirt where a finger should be; wipe it with a dry cloth."""


class FingerLies(BadSample):
    """What lay on the glass is still there; lift the finger before it is put down again."""


class ModelError(Permanent, RuntimeError):
    """A model is missing or altered; run `make models`."""


class Incomparable(Permanent, TypeError):
    """Templates of different models or modalities cannot be compared."""


class DeviceLost(Temporary, OSError):
    """A device does not answer; check its cable and power."""


class WrongDevice(Permanent, OSError):
    """A device answers but is not the one the configuration names."""


class CaptureCancelled(Temporary):
    """The capture was stopped on request."""


class CaptureTimeout(Temporary, TimeoutError):
    """Nobody gave a sample in time."""


class SealError(Permanent):
    """An envelope or signature does not verify; it was not opened."""


class KeyMissing(Permanent, FileNotFoundError):
    """A key file is missing; run `hotspot keys make`."""


class OutboxRefused(Permanent):
    """The outbox cannot take another record; nothing was captured."""


class StorageFailed(Permanent, OSError):
    """A database cannot be read or written."""


class StorageFull(StorageFailed):
    """The disk is full; nothing was changed."""


class StorageDamaged(StorageFailed):
    """A database file is damaged; a kiosk saves what can be read of its outbox at the next start."""


class StorageAway(Temporary, ConnectionError):
    """The database server does not answer; what it did not keep is asked for again."""


class LinkDown(Temporary, ConnectionError):
    """There is no connection to the hub; records are kept and sent when it returns."""


class Refused(Permanent):
    """A rule forbids this; the message names the rule."""


class SignInNeeded(Refused):
    """Nobody is signed in, or not any more; sign in and try again."""
