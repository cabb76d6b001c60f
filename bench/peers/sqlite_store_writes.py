"""The process that writes plainly with Python's sqlite3: `sqlite_store_writes.py FOLDER WORKLOAD`, the workload as JSON.

As durable as SnapEvo's store: a write-ahead log, and each commit waits for the disk.
"""

import json
import math
import sqlite3
import sys
from pathlib import Path

from serving import serve

SCHEMA = """
CREATE TABLE events (sequence INTEGER PRIMARY KEY, event TEXT NOT NULL);
CREATE TABLE states (run INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE scores (architecture TEXT, caption INTEGER, score REAL, PRIMARY KEY (architecture, caption)) WITHOUT ROWID;
"""


class Writing:
    """An event with the state after it, and the scores of a batch of pictures, in two transactions."""

    def __init__(self, folder, workload):
        self.workload = workload
        self.step = 0
        self.database = sqlite3.connect(folder / "plain.db")
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        self.database.executescript(SCHEMA)

    def take(self, count):
        for _ in range(count):
            self.write()
            self.step += 1

    def write(self):
        step, scores = self.step, self.workload["scores"]
        rows = [(str(step), picture, math.sin(step * scores + picture)) for picture in range(scores)]
        event, state = (
            json.dumps({"step": step, "text": "x" * self.workload[length]}) for length in ("eventLength", "stateLength")
        )
        with self.database:
            self.database.executemany("INSERT INTO scores VALUES (?, ?, ?)", rows)
        with self.database:
            self.database.execute("INSERT INTO events (event) VALUES (?)", (event,))
            self.database.execute("INSERT OR REPLACE INTO states VALUES (1, ?)", (state,))

    def results(self):
        return [self.database.execute("SELECT count(*) FROM events").fetchone()[0]]


def main():
    folder, workload = Path(sys.argv[1]), json.loads(sys.argv[2])
    serve(lambda settings: Writing(folder, workload), lambda it: {"versions": {"sqlite": sqlite3.sqlite_version}})


if __name__ == "__main__":
    main()
