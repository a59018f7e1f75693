"""Training: officers practise on the real pages and the real daemon, with people who do not exist.

A composition like `demo`: broker, hub, sensor, kiosk and pages as processes of their own, all with training keys.
"""
