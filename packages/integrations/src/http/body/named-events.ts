/** Reads server-sent events as names and strings (WHATWG HTML, section 9.2.6). */

import { Utf8Pieces } from './utf8-pieces.js';

/** Longer events are left out. */
const MAX_EVENT_CHARS = 1_048_576;

/** Calls a function with the name and data of each event. An event without a name is called `message`. */
export class NamedEvents {
  readonly #take: (name: string, data: string) => void;
  readonly #decoder = new Utf8Pieces();
  #rest = '';

  constructor(take: (name: string, data: string) => void) {
    this.#take = take;
  }

  chunk(bytes: Uint8Array): void {
    const events = (this.#rest + this.#decoder.decode(bytes)).split(/\r?\n\r?\n/);
    const rest = events.pop() ?? '';
    this.#rest = rest.length > MAX_EVENT_CHARS ? '' : rest;
    for (const event of events) this.#event(event);
  }

  end(): void {
    this.#event(this.#rest + this.#decoder.end());
    this.#rest = '';
  }

  #event(source: string): void {
    let name = 'message';
    const data: string[] = [];
    for (const line of source.split(/\r?\n/)) {
      const [, field, value = ''] = /^(event|data)(?:: ?(.*))?$/.exec(line) ?? [];
      if (field === 'event') name = value;
      if (field === 'data') data.push(value);
    }
    if (data.length > 0) this.#take(name, data.join('\n'));
  }
}
