/** Asynchronous session stores for koa-session. */

import { setImmediate as turn } from 'node:timers/promises';
import session from 'koa-session';
import type { KoaMount } from './frameworks.ts';

type Store = NonNullable<Parameters<typeof session>[0]>['store'];
type Done = () => void;

/** A store that answers when `defer` says so; session `session-n` is that of user `session-n`. */
function storeOf(defer: (work: Done) => void): Store {
  const sessions = new Map<string, object>();
  const deferred = <R>(value: () => R) =>
    new Promise<R>((resolve) => defer(() => resolve(value())));
  return {
    get: (key: string) => deferred(() => sessions.get(key) ?? { user: key }),
    set: (key: string, value: object) => deferred(() => sessions.set(key, value)),
    destroy: (key: string) => deferred(() => sessions.delete(key)),
  };
}

/** Each answer comes in a turn of its own. */
export function promptStore(): Store {
  return storeOf((work) => void turn().then(work));
}

/** Answers come together, in the scope of the request that happened to ask first. */
export function pooledStore(): Store {
  const waiting: Done[] = [];
  return storeOf((work) => {
    waiting.push(work);
    if (waiting.length > 1) return;
    setTimeout(() => {
      for (const each of waiting.splice(0)) each();
    }, 2);
  });
}

/** Sessions in such a store, for a request with the cookie of `cookieOf`. */
export function sessions(store: Store): KoaMount {
  return {
    on: (app) => {
      const mounted = session({ store, key: 'sid', signed: false, rolling: true }, app);
      return async (ctx, next) => {
        await mounted(ctx, async () => {
          if (ctx.session?.user !== ctx.cookies.get('sid')) throw new Error('another session');
          await next();
        });
      };
    },
  };
}

export function cookieOf(n: number): string {
  return `sid=session-${n}`;
}
