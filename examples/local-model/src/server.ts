import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handle } from './handler.js';

export interface LocalModelOptions {
  /** 0 for any free port. @default 0 */
  readonly port?: number;
  /** Milliseconds between two tokens of a streamed answer. @default 0 */
  readonly tokenDelayMs?: number;
}

/** A running model server. */
export interface LocalModel extends AsyncDisposable {
  /** The base URL for a client; ends in `/v1`. */
  readonly url: string;
  /** Number of open requests. */
  readonly openRequests: number;
  /** Closes the server and all connections. May be called again. */
  close(): Promise<void>;
}

/**
 * Starts a server on this machine with OpenAI's chat API, which answers by quoting the passages in the messages. It accepts any
 * API key.
 *
 * @example
 * ```ts
 * await using model = await startLocalModel();
 * const openai = new OpenAI({ baseURL: model.url, apiKey: 'any' });
 * const answer = await openai.chat.completions.create({
 *   model: 'local-extractive',
 *   messages: [
 *     { role: 'system', content: '<passage>The library opens at nine.</passage>' },
 *     { role: 'user', content: 'When does the library open?' },
 *   ],
 * });
 * ```
 */
export async function startLocalModel({
  port = 0,
  tokenDelayMs = 0,
}: LocalModelOptions = {}): Promise<LocalModel> {
  let openRequests = 0;
  const server = createServer((req, res) => {
    openRequests += 1;
    void handle(req, res, { tokenDelayMs }).finally(() => {
      openRequests -= 1;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });

  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closed;
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get openRequests() {
      return openRequests;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
