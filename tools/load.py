"""Send requests until a file appears, on new and on kept-alive connections; count what fails.

Bounded in time, and for 127.0.0.1 alone. Exits with 1 when a request failed.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

LONGEST_S = 120.0
PAUSE_S = 0.002


class Load:
    """Counts of what eight clients saw: four that connect anew each time, four that keep on."""

    def __init__(self, url: str, until: Path) -> None:
        parts = urlsplit(url)
        if parts.hostname not in {"127.0.0.1", "localhost"}:
            raise SystemExit("load is for 127.0.0.1 alone")
        self.address = (parts.hostname, parts.port or 80)
        self.path = parts.path or "/"
        self.until = until
        self.deadline = time.monotonic() + LONGEST_S
        self.answered = 0
        self.failed: list[str] = []
        self.lock = threading.Lock()

    def run(self) -> None:
        clients = [threading.Thread(target=self.client, args=(keep,)) for keep in (False, True) * 4]
        for client in clients:
            client.start()
        for client in clients:
            client.join()

    def client(self, keep: bool) -> None:
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        while not self.until.exists() and time.monotonic() < self.deadline:
            self.request(connection)
            if not keep:
                connection.close()
            time.sleep(PAUSE_S)
        connection.close()

    def request(self, connection: http.client.HTTPConnection) -> None:
        """The library opens a connection again after the server closed it with its answer."""
        try:
            connection.request("GET", self.path)
            response = connection.getresponse()
            response.read()
            problem = "" if response.status == 200 else f"status {response.status}"
        except (OSError, http.client.HTTPException) as error:
            problem = repr(error)
            connection.close()
        with self.lock:
            if problem:
                self.failed.append(problem)
            else:
                self.answered += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--until", type=Path, required=True, help="stop when this file is there")
    arguments = parser.parse_args()
    load = Load(arguments.url, arguments.until)
    load.run()
    print(f"{load.answered:,} requests answered, {len(load.failed):,} failed")
    for problem in sorted(set(load.failed)):
        print(f"  {load.failed.count(problem)} times {problem}")
    sys.exit(1 if load.failed else 0)


if __name__ == "__main__":
    main()
