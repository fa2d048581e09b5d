import { eventDataOf, eventNameOf, ServerSentEvents } from './server-sent-events.js';

/** Calls a function with the name and data of each event. Events of more than a megabyte are left out. */
export class NamedEvents extends ServerSentEvents {
  readonly #read: (name: string, data: string) => void;

  constructor(read: (name: string, data: string) => void) {
    super();
    this.#read = read;
  }

  chunk(bytes: Uint8Array): void {
    this.addChunk(bytes);
  }

  protected override readEvent(source: string): void {
    const data = eventDataOf(source);
    if (data !== undefined) this.#read(eventNameOf(source), data);
  }

  protected override readLongData(): void {}
}
