"""A job each 60 s: takes 48 MiB for 15 s and gives it back."""
import os, time

pace = float(os.environ.get("PACE", "1"))
while True:
    time.sleep(45 / pace)
    rows = [bytearray(b"\x01" * (1024 * 1024)) for _ in range(48)]
    time.sleep(15 / pace)
    del rows
