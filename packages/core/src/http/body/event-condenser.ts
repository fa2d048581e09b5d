/** Makes the captured beginning of a response shorter if it is a stream of events. */

import { condensedEvents } from '../../values/events/condensed-events.js';
import type { EventsKind } from '../../values/events/event-framing.js';
import { eventsKindOf } from '../../values/events/joined-events.js';
import type { IsSecretPiece } from '../../values/events/text-channels.js';
import type { Condenser } from './body-capture.js';
import { charsetOf, declaredEvents, kindOf, mediaType } from './body-facts.js';

export interface EventCondenserOptions {
  /** Returns the content type of the response, as far as it is known. */
  readonly contentType: () => string | undefined;
  readonly isSecret: IsSecretPiece;
  /** Reports a failure of this library. */
  readonly onFailure: (error: unknown) => void;
}

/** Condenses the body of one response. */
export class EventCondenser implements Condenser {
  readonly #options: EventCondenserOptions;
  /** Undefined until it is known that the body is a stream of events. */
  #eventsKind: EventsKind | undefined = undefined;

  constructor(options: EventCondenserOptions) {
    this.#options = options;
  }

  /** Whether the body is a stream of events. Never throws. */
  mayCondense(head: () => string): boolean {
    try {
      const contentType = this.#options.contentType();
      const kind = kindOf(mediaType(contentType));
      if (kind === 'binary' || charsetOf(contentType) !== undefined) return false;
      this.#eventsKind = eventsKindOf(head(), declaredEvents(kind));
    } catch (error) {
      this.#options.onFailure(error);
    }
    return this.#eventsKind !== undefined;
  }

  /** The beginning of the body in fewer events; undefined if it cannot be read. Never throws. */
  condensed(text: string): string | undefined {
    try {
      if (this.#eventsKind === undefined || text === '') return undefined;
      return condensedEvents(text, this.#eventsKind, this.#options.isSecret);
    } catch (error) {
      this.#options.onFailure(error);
      return undefined;
    }
  }
}
