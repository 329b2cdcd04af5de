"""A list that only grows: 24 KiB each 100 ms, whatever the traffic does."""
import os, time
kept = []
pace = float(os.environ.get("PACE", "1"))
served = 0
while True:
    kept.append(bytearray(os.urandom(24 * 1024)))
    served += 3
    if served % 15 == 0:
        with open(os.environ["TRAFFIC"], "w") as out:
            out.write(str(served))
    time.sleep(0.1 / pace)
