/** Clients of AWS whose requests are answered here. */

import { Readable } from 'node:stream';
import { eventFrame } from '../../support/llm-server/bedrock.ts';
import { capture, type Method } from './methods.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
}

export interface Handler {
  handle(request: Asked): Promise<{ response: object }>;
}

export function replying(
  bytes: Buffer,
  contentType: string,
  told: (asked: Asked) => void,
): Handler {
  return {
    async handle(request) {
      told(request);
      const body = Readable.from([bytes]);
      return {
        response: { statusCode: 200, headers: { 'content-type': contentType }, body },
      };
    },
  };
}

export function json(value: unknown): Handler {
  return replying(Buffer.from(JSON.stringify(value)), 'application/json', () => {});
}

export function events(all: readonly (readonly [type: string, payload: object])[]): Handler {
  const frames = all.map(([type, payload]) => eventFrame(type, payload));
  return replying(Buffer.concat(frames), 'application/vnd.amazon.eventstream', () => {});
}

export const SETTINGS = {
  region: 'eu-west-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  maxAttempts: 1,
};

interface Client {
  send(command: never): Promise<unknown>;
}

/** Sends each command that a client's module exports, and tells what is recorded of it. */
export async function commandsOf(
  module: object,
  input: object,
  make: (handler: Handler) => Client,
): Promise<readonly Method[]> {
  const methods: Method[] = [];
  for (const [name, Command] of Object.entries(module)) {
    if (typeof Command !== 'function' || !/\wCommand$/.test(name)) continue;
    let sent: Asked | undefined;
    const { captured, reports } = capture();
    const handler = replying(Buffer.from('{}'), 'application/json', (request) => {
      sent = request;
    });
    try {
      const command = new (Command as new (input: object) => never)(input);
      await make(handler).send(command);
    } catch {
      // What it was given may not do; what it has sent is what counts.
    }
    const [row] = await captured.rows();
    captured.restore();
    methods.push({
      name: name.replace(/Command$/, ''),
      request: sent && `${sent.method} ${sent.path.replace(/some_\w+|some%3Aarn/g, '{}')}`,
      step: row?.steps[0]?.type,
      reported: [...reports],
    });
  }
  return methods.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function drain(items: AsyncIterable<unknown> | undefined): Promise<void> {
  for await (const _ of items ?? []);
}
