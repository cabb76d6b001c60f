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
                reset_peak_memory()
                answer = {}
            elif request["do"] == "steps":
                answer = take(it, request["count"])
            else:
                told = facts(it)
                answer = {"peakMemoryMb": peak_memory_mb(), **told}
        except Exception as error:  # said to the other end, which knows what to do without
            answer = {"error": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps(answer), flush=True)


def take(it, count):
    cpu, started = time.process_time(), time.perf_counter()
    it.take(count)
    ms = (time.perf_counter() - started) * 1e3
    cpu_ms = (time.process_time() - cpu) * 1e3
    return {"ms": ms, "cpuMs": cpu_ms, "results": it.results()}


def reset_peak_memory():
    """Forgets the peak so far, where the system can: from here on it is that of what follows."""
    if sys.platform == "linux":
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")


def peak_memory_mb():
    """The most memory that was resident since the reset, in MB of 2^20 bytes; on systems without one, ever."""
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmHWM")).split()[1]) / 1024
