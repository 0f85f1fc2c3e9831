// A host that runs, with a life of instances in it: what operators meet on a bad day.

import { execFileSync, spawn } from "node:child_process";
import { createServer } from "node:http";

const command = process.env.KOOGALLERY;
const call = (address, ...words) => execFileSync(command, ["call", ...words, "--to", address], { stdio: "pipe" });

// An application that refuses all that it is sent.
function application() {
  return new Promise((ready) => {
    const server = createServer((_, response) => response.writeHead(500).end());
    server.listen(0, "127.0.0.1", () => ready(server));
  });
}

export async function start() {
  const down = await application();
  const env = {
    ...process.env,
    KOOGALLERY_PROVISIONING: "deferred",
    KOOGALLERY_WEBHOOK_URL: `http://127.0.0.1:${down.address().port}/`,
  };
  const host = spawn(command, ["serve", "--listen", "127.0.0.1:0"], { env, stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  const link = await new Promise((found, failed) => {
    host.stderr.on("data", (text) => {
      told += text;
      const link = told.match(/^console +(\S+)/m);
      if (link && told.includes("Ctrl-C")) found(link[1]);
    });
    host.on("exit", () => failed(new Error(told)));
  });
  const address = told.match(/^production address +(\S+)/m)[1];
  for (let number = 1; number <= 6; number += 1) {
    const id = `b-${number}`;
    call(address, "newInstance", `orderId=CS${number}`, `orderLineId=CS${number}-000001`, `businessId=${id}`);
  }
  call(address, "updateInstanceStatus", "instanceId=b-2", "status=FREEZE");
  call(address, "releaseInstance", "instanceId=b-3");
  return { link, console: link.split("/link/")[0], stop: () => (host.kill(), down.close()) };
}
