"""The protocol of a peer, in Python: a process that builds its model once and then obeys stdin.

    run N      runs the model N times; answers the seconds of wall clock and of processor time, of
               all threads
    output F   runs it once and writes what it computes, as f32 and NHWC, to the file F

Its first line, once it is ready, is a JSON object: what it is, and what it says of its own kernels.
"""

import json
import sys
import time


def serve(about, run, output):
    """run(): one inference; output(): its result as an array."""
    run()
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        command, argument = line.split()
        if command == "output":
            output().astype("float32").tofile(argument)
            print("{}", flush=True)
            continue
        count = int(argument)
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(count):
            run()
        processor, wall = time.process_time() - processor, time.perf_counter() - wall
        print(json.dumps({"wall": wall, "processor": processor}), flush=True)
