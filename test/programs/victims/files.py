"""Reads a growing set of files again and again: page cache, active after the second reading."""
import os, time
disk = os.environ["DISK"]
count = 0
while True:
    with open(f"{disk}/f{count}", "wb") as out:
        out.write(os.urandom(1024 * 1024))
        out.flush()
        os.fsync(out.fileno())
    count += 1
    for _ in range(2):
        for index in range(max(0, count - 60), count):
            with open(f"{disk}/f{index}", "rb") as part:
                while part.read(1 << 20):
                    pass
    time.sleep(2 / float(os.environ.get("PACE", "1")))
