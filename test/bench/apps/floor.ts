/** What any tracer has to do at the least: carry a scope, and note when and what. Nothing is sent. */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { RunStep } from './work.ts';

interface Note {
  readonly name: string;
  readonly start: number;
  readonly steps: Note[];
  end?: number;
  output?: unknown;
}

const storage = new AsyncLocalStorage<Note>();
const note = (name: string): Note => ({ name, start: performance.now(), steps: [] });

/** Runs the rest of the app in the scope of a request. */
export function noteRequest<R>(path: string, next: () => R): R {
  return storage.run(note(path), next);
}

export const noteStep: RunStep = async (options, fn) => {
  const step = note(options.name);
  storage.getStore()?.steps.push(step);
  const output = await storage.run(step, fn);
  step.end = performance.now();
  step.output = output;
  return output;
};
