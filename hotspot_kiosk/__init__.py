"""HOTSPOT kiosk: capture at a post, seal, buffer, send; match at the hub, answer.

Importing it switches off the reporting that a library would otherwise begin at its import: a
kiosk talks to its hub and to nobody else.
"""

import os

__version__ = "0.1.0"

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
