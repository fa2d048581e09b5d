/**
 * What any tracer has to do at the least: carry a scope, and note when and what. `floor sent` makes JSON of it as well and
 * sends it, with no thought of anything that could go wrong, and `floor written` only writes as much to a file.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { openSync, rmSync, writeSync } from 'node:fs';
import { Agent, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunStep } from './work.ts';

interface Note {
  readonly name: string;
  readonly startedAt: number;
  readonly start: number;
  readonly inputs: unknown;
  readonly steps: Note[];
  end?: number;
  output?: unknown;
}

const storage = new AsyncLocalStorage<Note>();
const note = (name: string, inputs: unknown): Note => ({
  name,
  startedAt: Date.now(),
  start: performance.now(),
  inputs,
  steps: [],
});

/** Runs the rest of the app in the scope of a request. */
export function noteRequest<R>(path: string, next: () => R): R {
  return storage.run(note(path, undefined), next);
}

export const noteStep: RunStep = async (options, fn) => {
  const step = note(options.name, options.inputs);
  storage.getStore()?.steps.push(step);
  const output = await storage.run(step, fn);
  step.end = performance.now();
  step.output = output;
  return output;
};

const ROWS = 100;
const agent = new Agent({ keepAlive: true, maxSockets: 2 });
let rows: string[] = [];
let calls: Promise<void>[] = [];

/** The same, and sends what was noted when the answer has left. */
export function sendRequest<R>(path: string, body: unknown, res: ServerResponse, next: () => R): R {
  const root = note(path, body);
  res.on('close', () => {
    root.end = performance.now();
    rows.push(JSON.stringify(root));
    if (rows.length >= ROWS) calls.push(sendRows());
  });
  return storage.run(root, next);
}

/** What is left is sent, too. */
export async function allSent(): Promise<void> {
  if (rows.length > 0) calls.push(sendRows());
  const before = calls;
  calls = [];
  await Promise.all(before);
}

function sendRows(): Promise<void> {
  const body = `{"rows":[${rows.join()}]}`;
  rows = [];
  return new Promise((resolve, reject) => {
    const url = `${process.env.OPENLAYER_BASE_URL}/data-stream`;
    const headers = { 'Content-Type': 'application/json' };
    const call = request(url, { method: 'POST', agent, headers }, (answer) =>
      answer.resume().on('end', resolve),
    );
    call.on('error', reject).end(body);
  });
}

const BLOCK = Buffer.alloc(2300, 'x');

/** @returns a function that writes about as much as a trace takes to a log, and nothing else */
export function blockWriter(): () => void {
  const path = join(tmpdir(), `openlayer-bench-${process.pid}.log`);
  const file = openSync(path, 'ax');
  // What has no name any more is gone when the process is.
  rmSync(path);
  return () => writeSync(file, BLOCK);
}
