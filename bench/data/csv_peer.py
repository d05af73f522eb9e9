"""Reads FER2013's csv with Python's csv module and numpy, in few lines. Prints a Measure (bench/data/programs.ts)."""
import csv
import json
import resource
import sys
import time

import numpy as np

start, start_cpu = time.perf_counter(), time.process_time()
labels, rows = [], []
with open(sys.argv[1], newline="") as file:
    for row in csv.DictReader(file):
        labels.append(int(row["emotion"]))
        rows.append(np.fromstring(row["pixels"], dtype=np.uint8, sep=" "))
images, labels = np.stack(rows), np.array(labels, dtype=np.uint8)
seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu
resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
print(json.dumps({"units": len(images), "seconds": seconds, "cpuSeconds": cpu_seconds, "residentMB": resident}))
