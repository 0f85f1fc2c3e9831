// Receives events in Node: verifies, answers a purchase, and works on each event once.
//
// npm install standardwebhooks
// WEBHOOK_SECRET=whsec_… PORT=9100 node receiver.cjs

const http = require("node:http");
const { Webhook } = require("standardwebhooks");

const webhook = new Webhook(process.env.WEBHOOK_SECRET);
// The ids of the events that are done. Store them in your database, in the same transaction as the work.
const done = new Set();

const words = {
  "instance.created": "provisioned",
  "instance.refreshed": "renewed",
  "instance.upgraded": "upgraded",
  "instance.frozen": "frozen",
  "instance.unfrozen": "unfrozen",
  "instance.accepted": "accepted",
  "instance.changed": "changed",
  "instance.released": "released",
};

// Your own work. This example only prints it.
function workOn({ type, data }) {
  const told = words[type] ? `customer ${data.instanceId} ${words[type]}` : type;
  console.log(data.scene ? `${told} (${data.scene})` : told);
}

function answerTo(headers, body) {
  let event;
  try {
    event = webhook.verify(body, headers);
  } catch {
    return [401];
  }
  if (!done.has(headers["webhook-id"])) {
    done.add(headers["webhook-id"]);
    workOn(event);
  }
  if (event.type === "instance.created") {
    return [200, { appInfo: { frontEndUrl: `https://app.example.com/?instance=${event.data.instanceId}` } }];
  }
  return [204];
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const [status, answer] = answerTo(request.headers, Buffer.concat(chunks).toString());
    response.writeHead(status).end(answer && JSON.stringify(answer));
  });
});
server.listen(Number(process.env.PORT ?? 9100), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
