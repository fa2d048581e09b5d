/** Asynchronous session stores for express-session, and cookies that they accept. */

import { createHmac } from 'node:crypto';
import type { RequestHandler } from 'express';
import session, { type SessionData } from 'express-session';

const SECRET = 'keyboard cat';

declare module 'express-session' {
  interface SessionData {
    user: string;
  }
}

type Done = () => void;

/** Sessions `session-0` to `session-999` are there; what `defer` does decides when and where a callback runs. */
class DeferredStore extends session.Store {
  readonly #defer: (work: Done) => void;
  readonly #sessions = new Map<string, SessionData>();

  constructor(defer: (work: Done) => void) {
    super();
    this.#defer = defer;
  }

  override get(id: string, callback: (error: unknown, found?: SessionData | null) => void): void {
    const made = { user: id, cookie: { originalMaxAge: null } } as SessionData;
    this.#defer(() => callback(null, this.#sessions.get(id) ?? made));
  }

  override set(id: string, data: SessionData, callback?: (error?: unknown) => void): void {
    this.#sessions.set(id, data);
    this.#defer(() => callback?.());
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.#sessions.delete(id);
    this.#defer(() => callback?.());
  }
}

/** Each callback comes in a turn of its own, in the scope of its request. */
export function promptStore(): session.Store {
  return new DeferredStore((work) => setImmediate(work));
}

/** Callbacks come together, in the scope of the request that happened to ask first. */
export function pooledStore(): session.Store {
  const waiting: Done[] = [];
  return new DeferredStore((work) => {
    waiting.push(work);
    if (waiting.length > 1) return;
    setTimeout(() => {
      for (const each of waiting.splice(0)) each();
    }, 2);
  });
}

/** Callbacks come together, in the scope of no request: of a connection that was there before. */
export function detachedStore(): session.Store & Disposable {
  const waiting: Done[] = [];
  const connection = setInterval(() => {
    for (const each of waiting.splice(0)) each();
  }, 2);
  const store = new DeferredStore((work) => waiting.push(work));
  return Object.assign(store, { [Symbol.dispose]: () => clearInterval(connection) });
}

export function sessions(store: session.Store): RequestHandler {
  return session({ store, secret: SECRET, resave: true, saveUninitialized: true });
}

/** The cookie of session `session-n`, signed as express-session signs it. */
export function cookieOf(n: number): string {
  const id = `session-${n}`;
  const signature = createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '');
  return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
}
