"""schemathesis against a real server: calls made from /openapi.json, good ones and bad ones, every answer checked.

No 5xx, no undocumented status, content type or shape may come back. `--calls 1000` is a short run.
"""

import argparse
import collections
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import requests
import schemathesis
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup

from zhanggui.core.event import Event, EventType
from zhanggui.core.product import Product
from zhanggui.data.store import open_store

KEY = "open-sesame"
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "missing_required_header",
)
SHARES = {GenerationMode.POSITIVE: 0.5, GenerationMode.NEGATIVE: 0.5}


class Tally:
    """What came back. `failures` are kept by what failed where, with the first case of each."""

    def __init__(self) -> None:
        self.statuses: collections.Counter[int] = collections.Counter()
        self.failures: collections.Counter[str] = collections.Counter()
        self.first: dict[str, str] = {}

    @property
    def calls(self) -> int:
        return sum(self.statuses.values())

    def failed(self, where: str, failure: Failure, case: Case) -> None:
        name = f"{where}: {failure.title}"
        self.failures[name] += 1
        self.first.setdefault(name, f"{failure.message[:600]}\n{case.as_curl_command()[:600]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=2, help="Processes that call at the same time.")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), content=few()) as server:
        share = -(-given.calls // given.clients)
        seeds = [given.seed + 1_000_000 * client for client in range(given.clients)]
        with multiprocessing.get_context("spawn").Pool(given.clients) as pool:
            tally = joined(pool.starmap(fuzz, [(server.url, share, seed) for seed in seeds]))
    report(tally, started)
    for name, first in tally.first.items():
        print(f"\n{tally.failures[name]} x {name}\n{first}")
    sys.exit(bool(tally.failures))


def joined(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for one in tallies:
        whole.statuses += one.statuses
        whole.failures += one.failures
        whole.first = {**one.first, **whole.first}
    return whole


def fuzz(url: str, calls: int, seed: int) -> Tally:
    """Call every operation equally often, in rounds, so that a run cut short has seen them all."""
    started = time.monotonic()
    load_all_checks()
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [one.ok() for one in schema.get_all_operations()]
    tally, session, turn = Tally(), requests.Session(), 0
    while tally.calls < calls:
        for operation in operations:
            for mode, share in SHARES.items():
                count = max(1, round(min(200, 1 + (calls - tally.calls) / len(operations)) * share))
                _some(operation, mode, count, seed + turn, session, tally)
        turn += 1
        report(tally, started)
    return tally


def _some(operation: Any, mode: GenerationMode, count: int, seed: int, session: requests.Session, tally: Tally) -> None:
    checks = CHECKS.get_by_names(list(CHECKED))

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Case) -> None:
        answer = case.call(session=session, headers={"X-Zhanggui-Key": KEY}, timeout=60)
        tally.statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=checks)
        except FailureGroup as group:
            for failure in group.exceptions:
                tally.failed(f"{operation.method.upper()} {operation.path}", failure, case)
        except Failure as failure:
            tally.failed(f"{operation.method.upper()} {operation.path}", failure, case)

    try:
        call()
    except hypothesis.errors.Unsatisfiable:
        pass  # this operation has no parameter that could be wrong


def report(tally: Tally, started: float) -> None:
    statuses = ", ".join(f"{status}: {count}" for status, count in sorted(tally.statuses.items()))
    rate = tally.calls / (time.monotonic() - started)
    print(f"{tally.calls} calls, {rate:.0f}/s; {statuses}; failures: {sum(tally.failures.values())}", flush=True)


@dataclass(frozen=True)
class Server:
    """A server in a process of its own."""

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def served(home: Path, *, content: Iterable[Product | Event], **settings: str) -> Iterator[Server]:
    """Fill a shop and serve it in a process of its own."""
    fill(home, list(content))
    environment = {**os.environ, "ZHANGGUI_HOME": str(home), "ZHANGGUI_WRITE_KEY": KEY, "ZHANGGUI_ENCODER": "hash"}
    environment |= {"ZHANGGUI_LOG_LEVEL": "error", **settings}
    log = home / "server.log"
    with log.open("wb") as stream:
        command = [sys.executable, "-m", "zhanggui", "serve", "--port", "0"]
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
        try:
            yield Server(address(process, log), process)
        finally:
            process.terminate()
            process.wait(timeout=60)
            print(f"the server ended with code {process.returncode}; its log: {log.read_text()[-3000:]}")


def address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"http://[\d.:]+", log.read_text())
        if found and _answers(found[0]):
            return found[0]
        time.sleep(0.05)
    raise SystemExit(f"The server did not come up:\n{log.read_text()}")


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/v1/health", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def fill(home: Path, content: list[Product | Event]) -> None:
    with closing(open_store(home / "shop.db")) as store:
        store.put_products(one for one in content if isinstance(one, Product))
        store.put_events(one for one in content if isinstance(one, Event))


def few() -> Iterator[Product | Event]:
    words = ("green tea", "mug", "pot", "engine oil", "bread", "绿茶", "杯子")
    for n in range(200):
        yield Product(f"p{n}", f"{words[n % 7]} {n}", price=float(n), category=("a", words[n % 5]))
    for n in range(2000):
        yield Event(f"e{n}", f"u{n % 40}", EventType.VIEW, 1_760_000_000_000 + n, f"p{n % 200}")


if __name__ == "__main__":
    main()
