"""Stands in for AWS Lambda: runs the real binary of each function, and speaks the Runtime API with it and the Invoke API with
who invokes.

A function has a sandbox, which is a process, for each invocation that runs at the same time, up to MOST. It starts with the first
invocation, and is killed when it takes longer than its Timeout. What it writes is kept: these are its logs.

What it does not do: freeze a sandbox between invocations, limit memory, retry asynchronous invocations, or count the reserved
concurrency of an account.
"""

import os
import queue
import subprocess
import threading
import time
import urllib.parse
import uuid
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate

from intrinsics import ACCOUNT, REGION
from web import CUT, serve

MOST = 4 # sandboxes of one function; what comes beyond waits, where Lambda would start more
START = 30 # seconds that a sandbox may take to start; Lambda gives 10, on a machine that does nothing else


class Throttled(Exception):
    """More invocations than the reserved concurrency."""


class Failed(Exception):
    """The function failed; the text is what Lambda says about it."""


class Sandbox:
    def __init__(self, function):
        self.function = function
        self.events, self.current, self.ready, self.ended = queue.Queue(), None, threading.Event(), threading.Event()
        self.api = serve(self.answer)
        self.process = subprocess.Popen(
            [function.binary], env={**function.environment, "AWS_LAMBDA_RUNTIME_API": self.api.address},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.function.log.append(line.decode(errors="replace").rstrip("\n"))
        self.process.wait()
        self.ended.set()
        self.ready.set()
        self.finish(Failed(f"Runtime.ExitError: exit status {self.process.returncode}"))

    def finish(self, outcome):
        current, self.current = self.current, None
        if current and not current[1].done():
            current[1].set_exception(outcome) if isinstance(outcome, Exception) else current[1].set_result(outcome)

    def answer(self, request):
        """The Runtime API, version 2018-06-01."""
        path = request.path.removeprefix("/2018-06-01/runtime/")
        if path == "invocation/next":
            self.ready.set()
            event = self.events.get()
            if event is None:
                return CUT
            number, payload = event
            deadline = int((time.time() + self.function.timeout) * 1000)
            return 200, [
                ("Lambda-Runtime-Aws-Request-Id", number), ("Lambda-Runtime-Deadline-Ms", str(deadline)),
                ("Lambda-Runtime-Invoked-Function-Arn", self.function.arn), ("Content-Type", "application/json"),
            ], payload
        if path == "init/error":
            self.function.log.append(request.body.decode())
            return 202, [], b"{}"
        _, number, what = path.split("/")
        if self.current and self.current[0] == number:
            self.finish(request.body if what == "response" else Failed(request.body.decode()))
        return 202, [], b"{}"

    def invoke(self, payload):
        assert self.ready.wait(START), f"{self.function.name} does not start: {self.function.log[-3:]}"
        number, outcome = str(uuid.uuid4()), Future()
        self.current = (number, outcome)
        if self.ended.is_set():
            self.finish(Failed("Runtime.ExitError"))
        self.events.put((number, payload))
        try:
            return outcome.result(self.function.timeout)
        except TooLate:
            self.close()
            raise Failed(f"Task timed out after {self.function.timeout} seconds") from None

    def close(self):
        self.process.kill()
        self.events.put(None)
        self.api.close()


class Function:
    def __init__(self, logical, name, binary, properties, endpoints):
        self.logical, self.name, self.binary = logical, name, binary
        self.arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        self.timeout, self.reserved = properties["Timeout"], int(properties.get("ReservedConcurrentExecutions", 0))
        assert os.access(binary, os.X_OK), f"{binary} is missing: build the workspace first"
        # The credentials name the function, so that the proxy sees whose call it is.
        self.environment = {
            "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": logical, "AWS_SECRET_ACCESS_KEY": "test", "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties["MemorySize"]),
            "_HANDLER": properties["Handler"], "TZ": ":UTC", **properties["Environment"]["Variables"], **endpoints,
        }
        self.log, self.invocations, self.running = [], 0, 0
        self.idle, self.all, self.lock = [], [], threading.Condition()

    def take(self):
        with self.lock:
            if self.reserved and self.running >= self.reserved:
                raise Throttled
            self.running += 1
            self.invocations += 1
            while not self.idle and len(self.all) >= MOST:
                self.lock.wait()
            if self.idle:
                return self.idle.pop()
            sandbox = Sandbox(self)
            self.all.append(sandbox)
            return sandbox

    def invoke(self, payload):
        """What the function answers to an event, as bytes."""
        sandbox = self.take()
        try:
            return sandbox.invoke(payload)
        finally:
            with self.lock:
                self.running -= 1
                if sandbox.process.poll() is None:
                    self.idle.append(sandbox)
                else:
                    self.all.remove(sandbox)
                self.lock.notify()

    def restart(self):
        """Ends the sandboxes that do nothing now."""
        with self.lock:
            for sandbox in self.idle:
                self.all.remove(sandbox)
                sandbox.close()
            self.idle.clear()

    def close(self):
        for sandbox in self.all:
            sandbox.close()


class LambdaService:
    def __init__(self):
        self.functions = {} # by physical name

    def named(self, arn):
        return self.functions.get(arn.rsplit(":", 1)[-1])

    def answer(self, request):
        """The Invoke API."""
        function = self.named(urllib.parse.unquote(request.path.split("/")[3]))
        if not function:
            return 404, [("x-amzn-ErrorType", "ResourceNotFoundException")], b"{}"
        try:
            return 200, [("Content-Type", "application/json")], function.invoke(request.body)
        except Throttled:
            return 429, [("x-amzn-ErrorType", "TooManyRequestsException")], b'{"Type":"User","message":"Rate Exceeded."}'
        except Failed as failed:
            return 200, [("X-Amz-Function-Error", "Unhandled")], str(failed).encode()
