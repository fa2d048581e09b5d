import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CheckMode } from './check.js';

/**
 * Sees every authorised request, with its whole body, before the server does. Answer it (or
 * destroy its socket) and return true, or return false to let the server answer.
 */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
) => boolean | Promise<boolean>;

export interface LocalServerOptions {
  /** 0 takes a free port. @default 0 */
  readonly port?: number;
  /** Loopback only: the server may accept any key, so it stays on this machine. @default '127.0.0.1' */
  readonly host?: '127.0.0.1';
  /** SQLite file that keeps the rows, made with its folder if missing. @default ':memory:' */
  readonly file?: string;
  /** The one key that is accepted. @default any non-empty bearer token */
  readonly apiKey?: string;
  /**
   * `strict` holds a request to the profile of this library and its cross-field rules; `lenient`
   * also takes what the official SDKs send. @default 'strict'
   */
  readonly checks?: CheckMode;
  /** Longer bodies are answered with 413. @default 16 MiB */
  readonly maxBodyBytes?: number;
  /** Further ones are closed. @default 256 */
  readonly maxConnections?: number;
  /** Lets a test make the server misbehave. */
  readonly intercept?: Intercept;
}

/** The options with their defaults. */
export interface Settings extends LocalServerOptions {
  readonly port: number;
  readonly host: '127.0.0.1';
  readonly file: string;
  readonly checks: CheckMode;
  readonly maxBodyBytes: number;
  readonly maxConnections: number;
}

/** The compiler holds the list to be complete. */
const KNOWN: Readonly<Record<keyof LocalServerOptions, true>> = {
  port: true,
  host: true,
  file: true,
  apiKey: true,
  checks: true,
  maxBodyBytes: true,
  maxConnections: true,
  intercept: true,
};

/** Fills in defaults; throws a TypeError that says what to do about a wrong option. */
export function settingsOf(options: LocalServerOptions): Settings {
  demandKnown(options, KNOWN);
  const settings: Settings = {
    ...options,
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    file: options.file ?? ':memory:',
    checks: options.checks ?? 'strict',
    maxBodyBytes: options.maxBodyBytes ?? 16 * 1024 * 1024,
    maxConnections: options.maxConnections ?? 256,
  };
  const { port, host, file, apiKey, checks, maxBodyBytes, maxConnections } = settings;
  demand(
    host === '127.0.0.1',
    `host must be '127.0.0.1', not ${JSON.stringify(host)}: the local server never leaves this machine`,
  );
  demand(
    Number.isInteger(port) && port >= 0 && port <= 65_535,
    `port must be an integer from 0 (any free port) to 65535, not ${port}`,
  );
  demand(file !== '', "file must be a path or ':memory:', not an empty string");
  demand(apiKey !== '', 'apiKey must not be empty: leave it out to accept any key');
  demand(
    checks === 'strict' || checks === 'lenient',
    `checks must be 'strict' or 'lenient', not ${JSON.stringify(checks)}`,
  );
  demand(
    Number.isInteger(maxBodyBytes) && maxBodyBytes > 0,
    `maxBodyBytes must be a positive integer, not ${maxBodyBytes}`,
  );
  demand(
    Number.isInteger(maxConnections) && maxConnections > 0,
    `maxConnections must be a positive integer, not ${maxConnections}`,
  );
  return settings;
}

function demand(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(message);
}

/** A name that was misspelled would have no effect, and nobody would see it. */
export function demandKnown(options: object, known: Readonly<Record<string, true>>): void {
  for (const key of Object.keys(options)) {
    demand(
      Object.hasOwn(known, key),
      `${key} is not known; known are ${Object.keys(known).join(', ')}`,
    );
  }
}
