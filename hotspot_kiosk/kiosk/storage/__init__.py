"""The outbox on the kiosk's disk: sealed records, and what becomes of them when the disk or the file fails."""
