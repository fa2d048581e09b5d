import type { ResponseReader, Shape } from './shape.js';

const UNKNOWN = new URL('http://local/');

/**
 * Reads a whole response body apart from its request: a response of a batch, or a body that a framework has kept.
 * @param url of the request, if it is known
 * @returns the reader, which has read the body
 */
export function readWhole(shape: Shape, body: unknown, url = UNKNOWN): ResponseReader {
  const reader = shape.reader({ url, params: {} });
  reader.readWhole(body);
  return reader;
}
