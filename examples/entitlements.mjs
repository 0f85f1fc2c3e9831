// What an instance entitles its users to, for an application that asks with every request of theirs. It needs Node 20 or newer and nothing
// else.
//
// An answer is kept for as long as the seller API allows, and then asked for again with its ETag. While the API is away, the last answer
// goes on to count, for a day. When an event about an instance comes, call `forget`: the next `get` asks anew.
//
//     const entitlements = new Entitlements('https://…/seller-api', token);
//     if ((await entitlements.get(instanceId)).access !== 'granted') …
//
// To try it: API_TOKEN=… node entitlements.mjs http://127.0.0.1:9000/seller-api INSTANCE_ID …
import { pathToFileURL } from 'node:url';

const MOST_CHARACTERS = 64 * 1024;

/** There is no such instance. */
export class UnknownInstance extends Error {}

/** The API did not answer well, and there is no earlier answer that may still count. The message says why. */
export class Unavailable extends Error {}

export class Entitlements {
  #address;
  #token;
  #options;
  // By the time of use, the oldest first.
  #entries = new Map();

  /**
   * `address` is that of the seller API, without `/v1`; the token needs the scope `read`. Times are in seconds: how long an answer counts
   * while the API is away (`lastAnswerCounts`), and for how long it is not asked again after a failure (`pause`). `most` is how many
   * answers are kept.
   */
  constructor(address, token, options = {}) {
    this.#address = address.replace(/\/+$/, '');
    this.#token = token;
    const clock = () => performance.now() / 1000;
    this.#options = { most: 10_000, lastAnswerCounts: 86_400, timeout: 2, pause: 5, clock, ...options };
  }

  /** The entitlement, as the seller API says it. Throws UnknownInstance or Unavailable. */
  async get(instanceId) {
    for (;;) {
      const entry = this.#entry(instanceId);
      if (!entry.answer || this.#options.clock() >= entry.goodUntil) {
        // Only one call asks for an instance; the others wait for what it gets.
        entry.asking ??= this.#ask(instanceId, entry).finally(() => (entry.asking = null));
        await entry.asking;
      }
      // What was forgotten meanwhile is asked for anew.
      if (this.#entries.get(instanceId) === entry) return entry.answer;
    }
  }

  /** Drops the answer, because an event says that something changed. */
  forget(instanceId) {
    this.#entries.delete(instanceId);
  }

  #entry(instanceId) {
    const entry = this.#entries.get(instanceId) ?? { askedAt: -Infinity, goodUntil: -Infinity, pauseUntil: -Infinity };
    this.#entries.delete(instanceId);
    this.#entries.set(instanceId, entry);
    if (this.#entries.size > this.#options.most) this.#entries.delete(this.#entries.keys().next().value);
    return entry;
  }

  async #ask(instanceId, entry) {
    const { clock, pause, lastAnswerCounts } = this.#options;
    const now = clock();
    if (now >= entry.pauseUntil) {
      try {
        return await this.#fetch(instanceId, entry, now);
      } catch (error) {
        if (error instanceof UnknownInstance) {
          if (this.#entries.get(instanceId) === entry) this.#entries.delete(instanceId);
          throw error;
        }
        entry.failure = `the seller API: ${error.cause?.message ?? error.message}`;
        entry.pauseUntil = clock() + pause;
      }
    }
    if (!entry.answer || now >= entry.askedAt + lastAnswerCounts) throw new Unavailable(entry.failure);
  }

  async #fetch(instanceId, entry, now) {
    const headers = { authorization: `Bearer ${this.#token}`, accept: 'application/json' };
    if (entry.answer) headers['if-none-match'] = entry.tag;
    // The token goes nowhere else: a redirect is an error.
    const response = await fetch(`${this.#address}/v1/instances/${encodeURIComponent(instanceId)}/entitlement`, {
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(this.#options.timeout * 1000),
    });
    const body = await response.text();
    if (body.length > MOST_CHARACTERS) throw new Error('the answer is too long');
    if (response.status === 404 && body.includes('/problems/not-found')) throw new UnknownInstance(instanceId);
    if (response.status === 200) {
      const answer = JSON.parse(body);
      if (answer?.instanceId !== instanceId || !('access' in answer)) throw new Error('the answer is about something else');
      entry.answer = answer;
      entry.tag = response.headers.get('etag') ?? '';
    } else if (response.status !== 304 || !entry.answer) {
      throw new Error(`status ${response.status}`);
    }
    const maxAge = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '');
    entry.askedAt = now;
    entry.goodUntil = now + Number(maxAge?.[1] ?? 0);
  }
}

async function main(address, ...instances) {
  const entitlements = new Entitlements(address, process.env.API_TOKEN);
  for (const instance of instances) {
    try {
      console.log(JSON.stringify(await entitlements.get(instance)));
    } catch (error) {
      console.error(`${instance}: ${error.message || error.name}`);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(...process.argv.slice(2));
