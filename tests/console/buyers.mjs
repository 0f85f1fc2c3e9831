// A host with pages for buyers, and an instance in each state that has one.

import { execFileSync, spawn } from "node:child_process";
import { createServer } from "node:http";

const command = process.env.KOOGALLERY;
const TOKEN = "koogallery-local-test-token";
const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="72" height="36"><rect width="72" height="36" rx="6" fill="#0b57d0"/></svg>';

export async function start_with_buyers() {
  const logo = await new Promise((ready) => {
    const server = createServer((_, response) => response.writeHead(200, { "content-type": "image/svg+xml" }).end(LOGO));
    server.listen(0, "127.0.0.1", () => ready(server));
  });
  const env = { ...process.env, KOOGALLERY_PROVISIONING: "deferred", KOOGALLERY_RETENTION_DAYS: "15", KOOGALLERY_BUYER_PAGES_URL: "https://pages.example.com" };
  const host = spawn(command, ["serve", "--listen", "127.0.0.1:0"], { env, stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  await new Promise((ready, failed) => {
    host.stderr.on("data", (text) => (told += text).includes("Ctrl-C") && ready());
    host.on("exit", () => failed(new Error(told)));
  });
  const address = told.match(/^production address +(\S+)/m)[1];
  const call = (...words) => execFileSync(command, ["call", ...words, "--to", address], { stdio: "pipe" });
  const ask = async (method, path, body) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const answer = await fetch(`${address}seller-api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  const buyerPages = {
    name: { zh: "云桥协作平台", en: "Cloud Bridge" },
    logo: `http://127.0.0.1:${logo.address().port}/logo.svg`,
    support: "help@example.com",
    renewal: "https://marketplace.example.com/your-product",
    firstSteps: {
      zh: ["用管理员账号登录", "在“设置”中邀请同事", "导入现有的项目"],
      en: ["Sign in as the administrator", "Invite your colleagues in the settings", "Import the projects that you have"],
    },
  };
  const document = { format: 1, default: { plan: "Team", buyerPages } };
  await ask("PUT", "/settings", { document, expectedVersion: 0, reason: "a test" });
  const states = ["preparing", "welcome", "expired", "suspended", "failed"];
  for (const id of states) call("newInstance", `orderId=CS-${id}`, `orderLineId=CS-${id}-000001`, `businessId=${id}`);
  for (const id of ["welcome", "expired", "suspended"]) {
    await ask("PUT", `/instances/${id}/app-info`, { frontEndUrl: "https://app.example.com/start" });
  }
  const renewed = (id, scene, time) => call("refreshInstance", `instanceId=${id}`, `orderId=R-${id}`, `orderLineId=R-${id}-000001`, `scene=${scene}`, `expireTime=${time}`);
  for (const id of ["welcome", "suspended"]) renewed(id, "RENEWAL", "20991231160000000");
  renewed("expired", "TRIAL_TO_FORMAL", "20200101000000000");
  for (const id of ["expired", "suspended"]) call("updateInstanceStatus", `instanceId=${id}`, "status=FREEZE");
  await ask("PUT", "/instances/failed/provisioning-failure", { resultCode: "000100", message: "there is no room" });
  const pages = { none: `${address}buyer/none` };
  for (const id of states) {
    const { buyerPageUrl } = await ask("GET", `/instances/${id}`);
    pages[id] = `${address}buyer/${buyerPageUrl.split("/").pop()}`;
  }
  return { pages, stop: () => (host.kill(), logo.close()) };
}
