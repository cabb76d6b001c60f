"""What the processes of the peer have in common: they answer bench/side.ts, a line of JSON each."""

import json
import resource
import sys
import time


def serve(prepare, facts):
    """Until there are no more requests. `prepare(settings)` gives an object with `take(count)`, which alone is timed,
    and `results()`, the numbers that came of it; `facts(it)` says what the process is, beside its peak memory."""
    it = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                it = None
                it = prepare(request["settings"])
                answer = {}
            elif request["do"] == "steps":
                answer = take(it, request["count"])
            else:
                told = facts(it)
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                answer = {"peakMemoryMb": peak, **told}
        except Exception as error:  # said to the other end, which knows what to do without
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), flush=True)


def take(it, count):
    cpu, started = time.process_time(), time.perf_counter()
    it.take(count)
    ms = (time.perf_counter() - started) * 1e3
    cpu_ms = (time.process_time() - cpu) * 1e3
    return {"ms": ms, "cpuMs": cpu_ms, "results": it.results()}
