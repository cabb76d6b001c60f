"""Starts a program again and again and says what that took: `start_process.py COMMAND...`. All sides of the comparison are this."""

import os
import resource
import subprocess
import sys
import time

from serving import serve


class Starting:
    """A program from its start to its end."""

    def take(self, count):
        for _ in range(count):
            subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)

    def results(self):
        return []


def main():
    """CPU time is that of the programs."""
    time.process_time = lambda: sum(os.times()[:4])
    serve(
        lambda settings: Starting(),
        lambda it: {"versions": {}, "peakMemoryMb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024},
    )


if __name__ == "__main__":
    main()
