"""From the camera and the finger sensor to captures: one thread a device, what it looks for, what it says."""
