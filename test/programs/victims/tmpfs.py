"""Writes its scratch files to a memory-backed volume and never deletes one: 1 MiB each 2.5 s."""
import os, time
scratch = os.environ["SCRATCH"]
count = 0
while True:
    with open(f"{scratch}/part-{os.getpid()}-{count}", "wb") as out:
        out.write(b"\x01" * (1024 * 1024))
    count += 1
    time.sleep(2.5 / float(os.environ.get("PACE", "1")))
