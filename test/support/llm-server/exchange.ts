/** One request to the server, and the ways to answer it. */

import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Exchange {
  readonly params: Readonly<Record<string, unknown>>;
  /** What the header `x-scenario` asks for; '' for an answer as it should be. */
  readonly scenario: string;
  /** How often the same case was asked before. */
  readonly attempt: number;
  readonly path: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

export type Handler = (exchange: Exchange) => void | Promise<void>;

export function sendJson(res: ServerResponse, body: unknown, status = 200): void {
  res.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_local' });
  res.end(JSON.stringify(body));
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A list of events, as OpenAI (without names) or Anthropic (with them) sends them. */
export async function sendEvents(
  { res, scenario, req }: Exchange,
  events: readonly object[],
  options: { named?: boolean; last?: string } = {},
): Promise<void> {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_local' });
  const delay = Number(/\bslow-(\d+)$/.exec(scenario)?.[1] ?? 0);
  const halt = Number(/^halt-(\d+)$/.exec(scenario)?.[1] ?? events.length);
  for (const [i, event] of events.entries()) {
    // Whoever wants more than that has to leave.
    if (i === halt) res.write(': waiting\n\n');
    if (res.destroyed || i === halt) return;
    if (scenario === 'dies' && i === 3) {
      await pause(20);
      req.socket.destroy();
      return;
    }
    const name = options.named ? `event: ${(event as { type: string }).type}\n` : '';
    if (scenario === 'split') {
      // Cut in the middle of lines and of characters.
      const bytes = Buffer.from(`${name}data: ${JSON.stringify(event)}\n\n`);
      for (let at = 0; at < bytes.length; at += 7) {
        res.write(bytes.subarray(at, at + 7));
        if (at % 70 === 0) await pause(0);
      }
    } else {
      res.write(`${name}data: ${JSON.stringify(event)}\n\n`);
    }
    if (delay > 0) await pause(delay);
    if (isLast(scenario, event)) {
      res.end();
      return;
    }
  }
  res.end(options.last === undefined ? '' : `data: ${options.last}\n\n`);
}

/** A list of JSON values, one a line, as Ollama sends them. */
export async function sendLines(
  { res, scenario, req }: Exchange,
  lines: readonly object[],
): Promise<void> {
  res.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const halt = Number(/^halt-(\d+)$/.exec(scenario)?.[1] ?? lines.length);
  for (const [i, line] of lines.entries()) {
    if (res.destroyed || i === halt) return;
    if (scenario === 'dies' && i === 3) {
      await pause(20);
      req.socket.destroy();
      return;
    }
    res.write(`${JSON.stringify(line)}\n`);
    if (isLast(scenario, line)) break;
  }
  res.end();
}

/** What tells of an error is the last that is said. */
function isLast(scenario: string, event: object): boolean {
  return scenario === 'error-event' && 'error' in event;
}

/** Words, each with the blank before it. */
export function words(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** Texts of a message's content, whatever its form. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: string }) => part.text ?? '').join(' ');
}

export function tokensIn(text: string): number {
  return words(text).length;
}
