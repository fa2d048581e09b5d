/** Answers of providers, broken by chance: what is in them is missing, of another type, repeated, cut or out of order. */

import { RandomValues } from './random-values.ts';

/** How an answer goes over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly contentType: string;
  /** As it is written, piece by piece. */
  readonly pieces: readonly Buffer[];
}

/** How the events of a stream are written. */
export type Format = 'sse' | 'named-sse' | 'endless-sse' | 'lines';

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  sse: 'text/event-stream',
  'named-sse': 'text/event-stream; charset=utf-8',
  'endless-sse': 'text/event-stream',
  lines: 'application/x-ndjson',
};
const HTML = '<html><body><h1>502 Bad Gateway</h1></body></html>';
const LONG = 'wörd '.repeat(30_000);

export class MutatedAnswers {
  readonly #values: RandomValues;

  constructor(seed: number) {
    this.#values = new RandomValues(seed);
  }

  whole(answer: object): WireAnswer {
    const body = this.value(answer);
    return this.#wire(JSON.stringify(body) ?? '', 'application/json');
  }

  streamed(events: readonly object[], format: Format): WireAnswer {
    const gap = this.#isTrue(0.2) ? '\r\n' : '\n';
    const written = this.events(events).map((event) => {
      const json = this.#isTrue(0.02) ? '{"cut":' : JSON.stringify(event);
      if (format === 'lines') return `${json}${gap}`;
      const { type } = (event ?? {}) as { type?: unknown };
      const name = format === 'named-sse' && typeof type === 'string' ? `event: ${type}${gap}` : '';
      const comment = this.#isTrue(0.05) ? `: still here${gap}${gap}` : '';
      return `${comment}${name}data: ${json}${gap}${gap}`;
    });
    if (format === 'sse' && this.#isTrue(0.8)) written.push(`data: [DONE]${gap}${gap}`);
    return this.#wire(written.join(''), CONTENT_TYPES[format]);
  }

  /** The events with some of them changed, left out, repeated or moved. */
  events(events: readonly object[]): unknown[] {
    let all: unknown[] = [...events];
    for (let left = this.#upTo(3); left > 0 && all.length > 0; left--) {
      const at = this.#upTo(all.length - 1);
      const to = this.#upTo(all.length - 1);
      const [event] = all.slice(at, at + 1);
      all = this.#pick([
        () => all.with(at, this.value(event)),
        () => all.with(at, this.value(event)),
        () => all.toSpliced(at, 1),
        () => all.toSpliced(at, 0, event, event),
        () => all.toSpliced(at, 1).toSpliced(to, 0, event),
        () => all.slice(0, at),
        () => [...all].reverse(),
        () => [...all, ...all],
        () => all.toSpliced(at, 0, { error: { message: 'it broke off', type: 'server_error' } }),
        () => all.toSpliced(at, 0, { type: 'error', error: { message: 'overloaded' } }),
      ])();
    }
    return all;
  }

  /** The value with some of what is in it changed. */
  value(value: unknown): unknown {
    let changed = structuredClone(value);
    for (let left = this.#upTo(4); left > 0; left--) changed = this.#changed(changed);
    return changed;
  }

  #changed(value: unknown): unknown {
    const isInner = typeof value === 'object' && value !== null && this.#isTrue(0.85);
    if (!isInner) return this.#other(value);
    if (Array.isArray(value)) {
      if (value.length === 0) return this.#other(value);
      const at = this.#upTo(value.length - 1);
      return this.#pick([
        () => value.toSpliced(at, 1),
        () => [...value, ...value],
        () => value.with(at, this.#changed(value[at])),
        () => value.with(at, this.#changed(value[at])),
        () => value.with(at, this.#changed(value[at])),
      ])();
    }
    const keys = Object.keys(value);
    const key = keys[this.#upTo(keys.length - 1)];
    if (key === undefined) return this.#other(value);
    const { [key]: item, ...others } = value as Record<string, unknown>;
    if (this.#isTrue(0.15)) return others;
    if (this.#isTrue(0.05)) return { ...value, ...this.#values.object() };
    return { ...value, [key]: this.#changed(item) };
  }

  /** A value of another kind. */
  #other(value: unknown): unknown {
    return this.#pick<() => unknown>([
      () => null,
      () => -1,
      () => 1e308,
      () => 0.5,
      () => true,
      () => '',
      () => 'a text',
      () => LONG,
      () => [],
      () => ({}),
      () => [value],
      () => ({ value }),
      () => [null],
      () => this.#values.object(),
      () => (typeof value === 'number' ? String(value) : value),
      () => (typeof value === 'string' ? [{ type: 'text', text: value }] : value),
    ])();
  }

  #wire(text: string, contentType: string): WireAnswer {
    const whole = Buffer.from(this.#isTrue(0.03) ? HTML : text);
    const bytes = this.#isTrue(0.1) ? whole.subarray(0, this.#upTo(whole.length)) : whole;
    return {
      status: this.#isTrue(0.06) ? this.#pick([400, 429, 500, 529]) : 200,
      contentType: this.#isTrue(0.04)
        ? this.#pick(['text/html', 'text/plain', 'application/json', 'text/event-stream', ''])
        : contentType,
      pieces: this.#pieces(bytes),
    };
  }

  #pieces(bytes: Buffer): Buffer[] {
    const pieces: Buffer[] = [];
    const most = this.#pick([16, 512, 65_536]);
    for (let at = 0; at < bytes.length && pieces.length < 64; ) {
      const end = pieces.length === 63 ? bytes.length : at + 1 + this.#upTo(most);
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
    return pieces;
  }

  #isTrue(probability: number): boolean {
    return this.#values.next() < probability;
  }

  #upTo(most: number): number {
    return Math.floor(this.#values.next() * (most + 1));
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#upTo(items.length - 1)] as T;
  }
}
