/** Cases that need nothing but Node's request and response: every framework on Node can run them. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Case, Note } from '../case.ts';

export interface NodeCase extends Case {
  readonly handle: (req: IncomingMessage, res: ServerResponse, note: Note) => unknown;
}

/** What a call threw, to be noted. */
export function thrownBy(call: () => unknown): string {
  try {
    call();
    return 'nothing';
  } catch (error) {
    return error instanceof Error
      ? `${error.name} ${String(Reflect.get(error, 'code'))}: ${error.message}`
      : String(error);
  }
}

/** Notes when the events of an emitter come, with what they carry where that is an error. */
export function noteEvents(
  emitter: NodeJS.EventEmitter,
  name: string,
  events: readonly string[],
  note: Note,
): void {
  for (const event of events) {
    emitter.on(event, (argument: unknown) =>
      note(`${name} ${event}${argument instanceof Error ? `: ${argument.message}` : ''}`),
    );
  }
}
