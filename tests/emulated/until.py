"""Waits for a condition, and for nothing else."""

import time

PATIENCE = 60  # seconds; a run that needs them has failed or has a very slow machine


def until(what, holds, patience=PATIENCE):
    """Asks until `holds()` is true, and gives that; fails with `what` when it never is."""
    end = time.monotonic() + patience
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < end, f"{what}: not within {patience} s"
        time.sleep(0.05)
