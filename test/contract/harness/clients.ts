/** Requests that are shorter to say in a word, and such as no library would send. */

import { type Peer, play } from '../../support/raw-http.ts';
import type { Framework } from './frameworks.ts';

/** A request's bytes. The header lines go out as they are, one byte a character. */
export function requestOf(requestLine: string, headers: readonly string[] = [], body = ''): Buffer {
  const lines = [`${requestLine} HTTP/1.1`, 'Host: localhost', ...headers];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

/** Leaves as the framework's server can hear it. */
export function leave(framework: Framework, peer: Peer): void {
  if (framework.hearsResetsAlone) peer.reset();
  else peer.leave();
}

/** The answer, as text, to a GET with these header lines. */
export function rawGet(
  port: number,
  path: string,
  headers: readonly string[] = [],
): Promise<string> {
  return play(port, async (peer) => {
    peer.send(requestOf(`GET ${path}`, [...headers, 'Connection: close']));
    // workerd of April 2026 keeps the connection for another 5 s.
    await peer.until(isWhole);
    peer.leave();
  });
}

/** Whether an answer is there to its last byte, where it says how long it is. */
function isWhole(answer: string): boolean {
  const headBytes = answer.indexOf('\r\n\r\n') + 4;
  const length = headerIn(answer.slice(0, headBytes), 'content-length');
  return headBytes > 3 && length !== undefined && answer.length >= headBytes + Number(length);
}

/** The value of a header in an answer's text; undefined where it is not there. */
export function headerIn(answer: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: ([^\\r]*)`, 'i').exec(answer)?.[1];
}

/** A POST with a JSON body. */
export function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
