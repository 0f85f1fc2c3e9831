"""Runs examples/application.py until the DIE_AT-th point of its work, and kills it there as `kill -9` does.

A point is where something is written, before and after a transaction is stored, before an event is answered, and before and
after a request to the seller API.
"""

import http.server
import itertools
import os
import runpy
import signal
import sqlite3
import sys
import urllib.request

points, last = itertools.count(1), int(os.environ["DIE_AT"])


def point():
    if next(points) == last:
        os.kill(os.getpid(), signal.SIGKILL)


class Connection(sqlite3.Connection):
    def execute(self, sql, *values):
        if sql.split(None, 1)[0] in ("INSERT", "UPDATE", "DELETE"):
            point()
        return super().execute(sql, *values)

    def executemany(self, sql, *values):
        point()
        return super().executemany(sql, *values)

    def __exit__(self, *error):
        is_changed = self.in_transaction and self.total_changes > 0
        if is_changed:
            point()
        ended = super().__exit__(*error)
        if is_changed:
            point()
        return ended


def connect(*where, __connect=sqlite3.connect, **how):
    return __connect(*where, factory=Connection, **how)


def urlopen(*what, __urlopen=urllib.request.urlopen, **how):
    point()
    answer = __urlopen(*what, **how)
    point()
    return answer


def send_response(self, *what, __send=http.server.BaseHTTPRequestHandler.send_response):
    point()
    return __send(self, *what)


sqlite3.connect, urllib.request.urlopen = connect, urlopen
http.server.BaseHTTPRequestHandler.send_response = send_response
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
