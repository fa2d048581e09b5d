/** What a streamed answer said: the texts of its events, joined as the reader saw them. */

/**
 * The text that a stream of server-sent events carried. Events of the shapes of OpenAI (chat and responses),
 * Anthropic and the AI SDK are joined into the answer; of anything else, the data lines.
 * Framing: WHATWG HTML, section 9.2.6.
 */
export function joinServerSentEvents(stream: string): string {
  return joinPayloads(payloads(stream), '\n');
}

/** The text that a stream of JSON lines carried, joined likewise. */
export function joinJsonLines(stream: string): string {
  return joinPayloads(
    stream.split('\n').filter((line) => line.trim() !== ''),
    '\n',
  );
}

/** The data of each event. A last event that was cut off counts as far as it came. */
function payloads(stream: string): string[] {
  const found: string[] = [];
  let data: string[] = [];
  for (const line of stream.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)) {
    if (line === '' && data.length > 0) {
      found.push(data.join('\n'));
      data = [];
    } else if (line.startsWith('data:')) {
      data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    } else if (/^0:"/.test(line)) {
      // The AI SDK's older data stream: a part number, a colon and JSON.
      found.push(line.slice(2));
    }
  }
  if (data.length > 0) found.push(data.join('\n'));
  return found;
}

function joinPayloads(found: readonly string[], separator: string): string {
  let answer = '';
  let isAnswer = false;
  const plain: string[] = [];
  for (const payload of found) {
    if (payload === '[DONE]') continue;
    const delta = deltaOf(payload);
    if (delta === undefined) {
      plain.push(payload);
    } else {
      isAnswer = true;
      answer += delta;
    }
  }
  return isAnswer ? answer : plain.join(separator);
}

interface Delta {
  readonly type?: unknown;
  readonly delta?: unknown;
  readonly textDelta?: unknown;
  readonly choices?: unknown;
  readonly message?: unknown;
}

/** The text that an event adds to the answer, '' where it is part of one but adds none; undefined where it is unknown. */
function deltaOf(payload: string): string | undefined {
  const value = parse(payload);
  if (typeof value === 'string') return payload.startsWith('"') ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const event = value as Delta;
  if (Array.isArray(event.choices)) return choicesText(event.choices);
  if (typeof event.type !== 'string') return undefined;
  switch (event.type) {
    case 'response.output_text.delta':
    case 'text-delta':
      return firstText(event.delta, event.textDelta);
    case 'content_block_delta':
      return firstText((event.delta as { text?: unknown } | null)?.text);
    default:
      return isBookkeeping(event.type) ? '' : undefined;
  }
}

/** OpenAI's chat chunks: the first choice is the answer. */
function choicesText(choices: readonly unknown[]): string {
  const first = choices[0] as { delta?: { content?: unknown }; text?: unknown } | undefined;
  return firstText(first?.delta?.content, first?.text);
}

/** Events that frame an answer. */
function isBookkeeping(type: string): boolean {
  return /^(response\.|message_|content_block_|ping$|text-(start|end)$|start|finish|reasoning|tool-|source|file|data-|error$|abort$)/.test(
    type,
  );
}

function firstText(...candidates: readonly unknown[]): string {
  for (const candidate of candidates) if (typeof candidate === 'string') return candidate;
  return '';
}

function parse(payload: string): unknown {
  const first = payload.charCodeAt(0);
  // `{`, `"`: what else is JSON is no event of a shape that is known.
  if (first !== 123 && first !== 34) return undefined;
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}
