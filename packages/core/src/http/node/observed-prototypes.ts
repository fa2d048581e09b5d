/** Prototypes whose responses are observed by methods of the prototype, and not by methods of each response. */

import type { ServerResponse } from 'node:http';
import { fieldsMayBeSlow } from '#platform';
import { assignMethod, type Method, methodNamed } from '../../follow/observe/replace-method.js';

/** Observes one response. */
export interface ObservedResponse {
  /** Calls `write` or `end`, and counts and captures the chunk. */
  callWriting(name: string, original: Method, self: unknown, args: unknown[]): unknown;
  /** Called for the events that may end the response. Never throws. */
  onEvent(event: 'close' | 'finish'): void;
}

const OBSERVED = Symbol('openlayer-tracing.observed');

/** Whether the prototype's methods are replaced, and the response has no such methods of its own. */
export function isObserved(res: object): boolean {
  return fieldsMayBeSlow && OBSERVED in res && !METHODS.some((name) => Object.hasOwn(res, name));
}

const METHODS = ['write', 'end', 'emit'] as const;

/**
 * Replaces the methods of a prototype, to observe all responses that inherit from it.
 * @param followerOf returns what observes the response; undefined if nothing does. Never throws
 */
export function observeResponses(
  prototype: object,
  followerOf: (res: ServerResponse) => ObservedResponse | undefined,
): void {
  if (OBSERVED in prototype) return;
  Object.defineProperty(prototype, OBSERVED, { value: true });
  for (const name of METHODS) {
    const own = Object.getOwnPropertyDescriptor(prototype, name)?.value as Method | undefined;
    const methodAtStart = methodNamed(prototype, name);
    if (methodAtStart === undefined) continue;
    assignMethod(prototype, name, function observe(this: ServerResponse, ...args: unknown[]) {
      // Read at each call, since the prototype's own prototype may be swapped, as by `inject()`.
      const original = own ?? methodBehind(prototype, name) ?? methodAtStart;
      const [event] = args;
      if (name === 'emit' && !isEnd(event)) return original.apply(this, args);
      const followed = followerOf(this);
      if (followed === undefined) return original.apply(this, args);
      if (name !== 'emit') return followed.callWriting(name, original, this, args);
      if (isEnd(event)) followed.onEvent(event);
      return original.apply(this, args);
    });
  }
}

function methodBehind(holder: object, name: string): Method | undefined {
  try {
    return Reflect.get(Object.getPrototypeOf(holder), name) as Method | undefined;
  } catch {
    return undefined;
  }
}

/** Whether the event may end the response. */
export function isEnd(event: unknown): event is 'close' | 'finish' {
  return event === 'close' || event === 'finish';
}
