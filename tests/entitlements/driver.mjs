// Has examples/entitlements.mjs do what the lines of the standard input say, by a clock of its own.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { Entitlements, UnknownInstance, Unavailable } = await import(pathToFileURL(process.argv[3]).href);
let passed = 0;
let started;
const clock = () => performance.now() / 1000 + passed;
const client = new Entitlements(process.argv[2], process.env.API_TOKEN, { clock });

async function get(instance) {
  try {
    return (await client.get(instance)).access;
  } catch (error) {
    if (error instanceof UnknownInstance) return 'unknown';
    if (error instanceof Unavailable) return 'away';
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [what, argument] = line.split(' ');
  let answer = 'done';
  if (what === 'get') answer = await get(argument);
  else if (what === 'many') answer = [...new Set(await Promise.all(Array(8).fill(argument).map(get)))].sort().join();
  else if (what === 'start') started = get(argument);
  else if (what === 'end') answer = await started;
  else if (what === 'forget') client.forget(argument);
  else if (what === 'pass') passed += Number(argument);
  console.log(answer);
}
