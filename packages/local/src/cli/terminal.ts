import type { EventEmitter } from 'node:events';

/** The parts of the process that commands use. Only bin.ts reads them from `process`. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly homeDir: string;
  readonly out: Output;
  readonly err: Output;
  /** Emits SIGINT and SIGTERM. */
  readonly signals: EventEmitter;
}

/** A stream that may be a terminal. */
export interface Output extends EventEmitter {
  readonly isTTY?: boolean;
  /** Characters in a line of a terminal. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** Width of output that goes to a file or another program. */
const PIPED_WIDTH = 160;

export function widthOf({ out }: Terminal): number {
  return out.columns ?? PIPED_WIDTH;
}

export function isColored({ out, env }: Terminal): boolean {
  return out.isTTY === true && !env.NO_COLOR;
}
