"""Loads a model of 72 MiB before it serves anything."""
import os, time

pace = float(os.environ.get("PACE", "1"))
model = []
for _ in range(72):
    model.append(bytearray(b"\x01" * (1024 * 1024)))
    time.sleep(0.15 / pace)
while True:
    time.sleep(1)
