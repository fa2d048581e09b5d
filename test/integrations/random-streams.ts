/** Streams of chat chunks by chance: most of them recur, with other ones between them, in the manner of some provider. */

export interface RandomStream {
  readonly text: string;
  /** The same, as it comes where it was asked for its tokens. */
  readonly withUsage: string;
}

export class RandomStreams {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  next(): RandomStream {
    const gap = this.#pick(['\n\n', '\n\n', '\r\n\r\n']);
    const isSpaced = this.#isTrue(0.3);
    const hasNoise = this.#isTrue(0.5);
    const head = {
      id: `chatcmpl-${Math.floor(this.#random() * 1e6)}`,
      model: this.#pick(['gpt-5', 'modèle']),
    };
    const chunk = (delta: object, finish_reason: string | null = null): string => {
      const value = {
        ...head,
        choices: [{ index: 0, delta, logprobs: null, finish_reason }],
        ...(hasNoise && { obfuscation: 'x'.repeat(this.#random() * 9) }),
      };
      const json = isSpaced
        ? JSON.stringify(value, null, 1).replace(/\n */g, ' ')
        : JSON.stringify(value);
      return `data: ${this.#isTrue(0.1) ? escaped(json) : json}${gap}`;
    };
    const piece = () => this.#pick(PIECES);
    const kinds = [
      () => chunk({ content: piece() }),
      () => chunk({ content: piece() }),
      () => chunk({ reasoning_content: piece() }),
      () =>
        chunk({ tool_calls: [{ index: this.#pick([0, 1]), function: { arguments: piece() } }] }),
      () => chunk({ content: piece(), tool_calls: [] }),
      () => chunk({ content: piece(), reasoning_content: piece() }),
      () => chunk({ role: 'assistant', content: '' }),
      () => `: still here${gap}`,
      () => `event: chunk\n${chunk({ content: piece() })}`,
    ];
    const events = [chunk({ role: 'assistant', content: '' })];
    while (events.length < 60) {
      const kind = this.#pick(kinds);
      for (let left = this.#pick([1, 1, 3, 12]); left > 0; left--) events.push(kind());
    }
    events.push(chunk({}, 'stop'));
    const usage = JSON.stringify({ ...head, choices: [], usage: USAGE });
    const end = `data: [DONE]${gap}`;
    return {
      text: [...events, end].join(''),
      withUsage: [...events.map(withNoUsageYet), `data: ${usage}${gap}`, end].join(''),
    };
  }

  /** Pieces of it, cut anywhere, within characters too. */
  cut(text: string): Uint8Array[] {
    const bytes = new TextEncoder().encode(text);
    const longest = this.#pick([7, 400, 3000, 1e6]);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + Math.floor(this.#random() * longest);
      pieces.push(bytes.slice(at, end));
      at = end;
    }
    return pieces;
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  #isTrue(share: number): boolean {
    return this.#random() < share;
  }
}

const USAGE = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };

/** All that could be taken for the end of a text, or of an event. */
const PIECES = [
  ' word',
  'a "quoted" one',
  'back\\slash',
  'ends with \\',
  'two\nlines\n\n',
  'data: {"choices":[{"delta":{"content":"not one"}}]}\n\n',
  '","content":"',
  'ça va? 你好 👋',
  '\ud83d',
  '\udc4b',
  '\u2028',
  ',"usage":null',
  '{"usage":null}',
  'a text that is longer than those before it',
];

function withNoUsageYet(event: string): string {
  return event.replace(/( ?)\}(?=\s*$)/, ',$1"usage":$1null$1}');
}

/** The same JSON, some of its characters as escapes. */
function escaped(json: string): string {
  return json.replace(
    /[é你o]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Numbers that depend on nothing but the seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
