import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { withQuotedIntegers } from '../values/quoted-integers.js';
import { Refusal } from './refusal.js';

/** Thrown if the client has closed its connection: no response can be sent. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

/**
 * Reads a request's body. A body over `maxBytes` is refused as soon as that is known; Node then
 * discards the rest, so that the client can finish writing and read the response.
 * @throws Refusal 413, or ClientGone if the client left
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) return Promise.reject(tooLong(maxBytes));

  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        request.off('data', onData);
        chunks.length = 0;
        reject(tooLong(maxBytes));
      } else {
        chunks.push(chunk);
      }
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    // 'close' also follows 'end'. The Error is created only if needed, since its stack is expensive.
    request.once('close', () => request.readableEnded || reject(new ClientGone()));
    request.once('error', () => {}); // 'close' follows
  });
}

/** A body, in which each integer is a number or has all of its digits. */
export interface JsonBody {
  /** Large integers are rounded, as JSON.parse reads them. */
  readonly rounded: unknown;
  /** Integers that would be rounded are strings. The same object as `rounded` if the body has none. */
  readonly exact: unknown;
}

/** The JSON value of a body. @throws Refusal 400 if it is not JSON, or its headers do not allow it */
export function parseJson(request: IncomingMessage, body: Buffer): JsonBody {
  if (request.headers['content-encoding'] !== undefined) {
    throw new Refusal(400, 'the API accepts no compressed bodies: leave out Content-Encoding');
  }
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(400, 'Content-Type must be application/json');
  }
  if (!isUtf8(body)) throw new Refusal(400, 'the body is not valid UTF-8');
  try {
    const text = body.toString('utf8');
    const rounded: unknown = JSON.parse(text);
    const quoted = withQuotedIntegers(text);
    return { rounded, exact: quoted === text ? rounded : JSON.parse(quoted) };
  } catch {
    // V8's message is not passed on, since it quotes the body.
    throw new Refusal(400, `the body is not valid JSON (${body.length} bytes)`);
  }
}

function tooLong(maxBytes: number): Refusal {
  return new Refusal(413, `the body is longer than ${maxBytes} bytes`);
}
