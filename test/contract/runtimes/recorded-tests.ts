/** The tests of the contract in the app's process, where they are only run until they say which app they want. */

import type { Framework } from '../harness/frameworks.ts';
import type { Setup } from '../harness/stage.ts';
import { nameOf } from './protocol.ts';

type Body = () => Promise<void>;

const bodies = new Map<string, Body>();
const titles: string[] = [];
let take: (setup: Setup) => void = () => {};

/** Stands in for the framework: whoever asks it for a stage waits forever. */
export const recorder: Framework = {
  name: 'recorded',
  start: () => Promise.reject(new Error('only its own process starts apps of the framework')),
  stage: (setup) => {
    take(setup);
    return new Promise(() => {});
  },
};

/**
 * Takes down the tests that `define` defines by mocha's functions.
 * @returns their names
 */
export function record(define: () => void): readonly string[] {
  const { describe, it } = globalThis;
  Object.assign(globalThis, {
    describe: (title: string, inner: () => void) => {
      titles.push(title);
      inner();
      titles.pop();
    },
    it: (title: string, body: Body) => bodies.set(nameOf([...titles, title]), body),
  });
  define();
  Object.assign(globalThis, { describe, it });
  return [...bodies.keys()];
}

/** The app that a test wants. */
export function setupOf(test: string): Promise<Setup> {
  const body = bodies.get(test);
  if (body === undefined) throw new Error(`there is no test "${test}"`);
  return new Promise((resolve, reject) => {
    take = resolve;
    body().then(() => reject(new Error('the test ended without an app')), reject);
  });
}
