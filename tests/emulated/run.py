"""Runs the checks of an emulated deployment: tests/emulated/run.sh says how."""

import argparse
import json
import logging
import os
import pathlib
import sys
import time
import urllib.request
import warnings

sys.path.insert(0, os.path.dirname(__file__))

from deployment import Cloud, Deployment
from scenarios.faults import faults
from scenarios.floods import floods
from scenarios.http_api import http_api
from scenarios.life import life
from scenarios.resend import resend
from scenarios.restore import restore
from scenarios.upgrade import upgrade
from seller import TOKEN, Seller

SCENARIOS = [life, http_api, restore, upgrade, resend, floods, faults]
LOGS = pathlib.Path("target/emulated.log") # written when a check fails
logging.disable(logging.WARNING) # moto tells each request, and SAM CLI each client
warnings.simplefilter("ignore") # moto tells each resource of IGNORED


class World:
    """What a scenario is given."""

    def __init__(self, binaries, template):
        self.binaries, self.template = binaries, template
        self.cloud, self.seller = Cloud(), Seller(binaries)
        self.deployments, self.others = [], []

    def closed_later(self, other):
        self.others.append(other)
        return other

    def api(self, deployment, method, path, body):
        """Asks the seller API of a deployment."""
        request = urllib.request.Request(deployment.api + path, json.dumps(body).encode(), method=method, headers={
            "Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answered:
            return answered.read()

    def deployment(self, name):
        self.deployments.append(Deployment(self.cloud, name, self.binaries))
        return self.deployments[-1]

    def keep_logs(self):
        LOGS.parent.mkdir(parents=True, exist_ok=True)
        with LOGS.open("w") as written:
            for deployment in self.deployments:
                for function in deployment.functions.values():
                    written.writelines(f"{function.logical}: {line}\n" for line in function.log)
                written.writelines(f"{line}\n" for line in deployment.cloud.proxy.refused)
        print(f"the functions' logs are in {LOGS}", file=sys.stderr)

    def run(self, scenario):
        began = time.monotonic()
        print(f"--- {scenario.__name__}: {sys.modules[scenario.__module__].__doc__.splitlines()[0]}", flush=True)
        self.cloud.empty()
        try:
            scenario(self)
            for deployment in self.deployments:
                deployment.check()
        except BaseException:
            self.keep_logs()
            print(*self.cloud.proxy.refused[:5], sep="\n", file=sys.stderr)
            raise
        finally:
            for each in (*self.deployments, *self.others):
                each.close()
            self.deployments.clear(), self.others.clear()
        print(f"    {time.monotonic() - began:.1f} s", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("binaries", help="the folder of the built functions and of `koogallery`")
    arguments.add_argument("--only", choices=[scenario.__name__ for scenario in SCENARIOS], action="append")
    told = arguments.parse_args()
    world = World(os.path.abspath(told.binaries), pathlib.Path("template.yaml").read_text())
    try:
        for scenario in SCENARIOS:
            if not told.only or scenario.__name__ in told.only:
                world.run(scenario)
    finally:
        world.cloud.close()


if __name__ == "__main__":
    main()
