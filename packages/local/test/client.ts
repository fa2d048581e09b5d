// A client as small as can be, and the shared fixtures.
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { DataStreamRequest, WireRow } from '@openlayer-tracing/core/wire';
import type { LocalServer } from '@openlayer-tracing/local';

export const PIPELINE = '6a0e8a38-7d2c-4a53-9a4b-3a4c9c1f7d01';

/** What the answers hold among them; each has its own part, an empty one nothing. */
export interface AnswerBody {
  readonly success: boolean;
  readonly error: string;
  readonly row: WireRow;
  readonly items: readonly (WireRow & { readonly openlayer_row_id: number })[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

/** Sends a request below the base URL, with a key and as JSON unless told otherwise. */
export async function call(
  server: LocalServer,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(server.url + path, {
    method,
    headers: { authorization: 'Bearer key', 'content-type': 'application/json', ...headers },
    ...(body !== undefined && {
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

export function send(server: LocalServer, body: unknown, pipelineId = PIPELINE): Promise<Answer> {
  return call(server, 'POST', `/inference-pipelines/${pipelineId}/data-stream`, body);
}

/** The token of the page, from its address. */
export function pageTokenOf({ viewerUrl }: LocalServer): string {
  return new URL(viewerUrl).hash.replace(/^#token=/, '');
}

/** Sends a request with these header lines, and returns the status and the head of the response. */
export async function rawRequest(
  server: LocalServer,
  requestLine: string,
  headers: readonly string[],
): Promise<{ readonly status: number; readonly head: string; readonly body: string }> {
  const lines = [`${requestLine} HTTP/1.1`, ...headers, 'Connection: close'];
  const [head = '', ...body] = (await raw(server, `${lines.join('\r\n')}\r\n\r\n`)).split(
    '\r\n\r\n',
  );
  return { status: Number(head.split(' ')[1]), head, body: body.join('\r\n\r\n') };
}

/** Writes bytes to the server and returns all that comes back until the connection ends. */
export function raw(server: LocalServer, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {}).on('close', () => resolve(answer));
  });
}

const FIXTURES = new URL('../../../test/support/wire/fixtures/', import.meta.url);

export function fixture<T = DataStreamRequest>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, FIXTURES), 'utf8'));
}

export function fixtureNames(folder: string, prefix: RegExp): string[] {
  return readdirSync(new URL(folder, FIXTURES))
    .filter((name) => prefix.test(name))
    .map((name) => `${folder}/${name}`);
}

/** A valid request of one row with this inference ID and these extra columns. */
export function requestOf(inferenceId: string, columns: object = {}): DataStreamRequest {
  const { config, rows } = fixture('valid/01-simple-trace.json');
  return { config, rows: rows.map((row) => ({ ...row, ...columns, inferenceId })) };
}
