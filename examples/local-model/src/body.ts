import type { IncomingMessage } from 'node:http';
import { badBody, bodyTooLarge } from './api-error.js';

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** The JSON value of a request's body. @throws ApiError if it is not JSON, or too large */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw bodyTooLarge(MAX_BODY_BYTES);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw badBody('We could not parse the JSON body of your request.');
  }
}
