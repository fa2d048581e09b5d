import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { CheckMode } from '../checks/check.js';
import { EDITORS, type Editor } from '../page-api.js';
import { IN_MEMORY } from '../storage/database.js';
import { assert, assertKnown, formatValue } from '../values/assert.js';

/**
 * Called with every authorised request for the platform's API and its whole body before the server handles it. Return true
 * if you have responded (or destroyed the socket), or false to let the server respond. An error that
 * it throws becomes a response of status 500.
 */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
) => boolean | Promise<boolean>;

/** Options of `startLocalServer()`. A wrong value or an unknown key throws a `TypeError`. */
export interface LocalServerOptions {
  /** Port; 0 for a free one. @default 0 */
  readonly port?: number;
  /**
   * Address to listen on. One that other machines can reach, such as '0.0.0.0' in a container, needs an `apiKey`. Traces and
   * keys then cross the network unencrypted. @default '127.0.0.1'
   */
  readonly host?: string;
  /**
   * Names by which clients reach this server, beside localhost, 127.0.0.1 and [::1] with its port: values of `Host`, such as
   * 'traces' (with the same port) or 'localhost:8080' (where a container's port is published under another). A request
   * under another name is refused, so that no web page can reach the server by a domain of its own. @default []
   */
  readonly allowedHosts?: readonly string[];
  /** SQLite file for the rows, created with its folder if it is missing. @default ':memory:' */
  readonly file?: string;
  /** The only API key that is accepted. @default any non-empty bearer token */
  readonly apiKey?: string;
  /**
   * `strict` checks requests against what this library sends, with its cross-field rules; `lenient`
   * also accepts what the official SDKs send. @default 'strict'
   */
  readonly checks?: CheckMode;
  /**
   * Limit for a request's body in bytes; a longer one gets status 413.
   * @default 16777216, and 67108864 for OTLP, before and after decompression
   */
  readonly maxBodyBytes?: number;
  /**
   * A trace whose spans come by OTLP is stored once its root has come, and no span of it for this time, in milliseconds.
   * Later spans change the stored trace. @default 2000
   */
  readonly otlpQuietMs?: number;
  /** Rows that arrived longer ago than this, in milliseconds, are deleted. @default no limit */
  readonly maxAgeMs?: number;
  /** Limit for the traces file and its index together, in bytes: beyond it the oldest rows are deleted. @default no limit */
  readonly maxBytes?: number;
  /** Connections at a time; further ones are closed. @default 256 */
  readonly maxConnections?: number;
  /**
   * The page links the frames of stacks to this editor, if they name files below the working directory of the server.
   * @default no links
   */
  readonly editor?: Editor;
  /** Lets a test replace the server's responses. @default none */
  readonly intercept?: Intercept;
}

const LOOPBACK = '127.0.0.1';

/** The options with their defaults. */
export interface Settings extends LocalServerOptions {
  readonly port: number;
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly file: string;
  readonly checks: CheckMode;
  readonly maxBodyBytes: number;
  /** Limit for the body of a request by OTLP. */
  readonly maxOtlpBytes: number;
  readonly otlpQuietMs: number;
  readonly maxConnections: number;
}

/** The compiler checks that the list is complete. */
const KNOWN: Readonly<Record<keyof LocalServerOptions, true>> = {
  port: true,
  host: true,
  allowedHosts: true,
  file: true,
  apiKey: true,
  checks: true,
  maxBodyBytes: true,
  otlpQuietMs: true,
  maxAgeMs: true,
  maxBytes: true,
  maxConnections: true,
  editor: true,
  intercept: true,
};

/** The options with their defaults. @throws TypeError if one is wrong, with a message that says what to do */
export function settingsOf(options: LocalServerOptions): Settings {
  assertKnown(options, KNOWN);
  assertTypes(options);
  const settings: Settings = {
    ...options,
    port: options.port ?? 0,
    host: options.host ?? LOOPBACK,
    allowedHosts: options.allowedHosts ?? [],
    file: fileOf(options.file),
    checks: options.checks ?? 'strict',
    maxBodyBytes: options.maxBodyBytes ?? 16 * 1024 * 1024,
    maxOtlpBytes: options.maxBodyBytes ?? 64 * 1024 * 1024,
    otlpQuietMs: options.otlpQuietMs ?? 2000,
    maxConnections: options.maxConnections ?? 256,
  };
  const { editor, port, host, file, apiKey, checks, maxBodyBytes, maxConnections, otlpQuietMs } =
    settings;
  assert(
    isIP(host) !== 0,
    `host must be an IP address such as '127.0.0.1' or '0.0.0.0', not ${JSON.stringify(host)}`,
  );
  assert(
    isLoopback(host) || apiKey !== undefined,
    `host must be '${LOOPBACK}', not ${JSON.stringify(host)}, unless apiKey is set: other machines can reach that address`,
  );
  for (const name of settings.allowedHosts) {
    assert(
      typeof name === 'string' && HOST.test(name),
      `allowedHosts must be names in lower case, with or without a port, such as 'traces' or 'localhost:8080', not ${JSON.stringify(name)}`,
    );
  }
  for (const name of ['maxAgeMs', 'maxBytes'] as const) {
    const value = settings[name];
    assert(
      value === undefined || (Number.isSafeInteger(value) && value > 0),
      `${name} must be a positive integer, not ${formatValue(value)}`,
    );
  }
  assert(
    Number.isInteger(port) && port >= 0 && port <= 65_535,
    `port must be an integer from 0 (any free port) to 65535, not ${formatValue(port)}`,
  );
  assert(
    editor === undefined || EDITORS.includes(editor),
    `editor must be one of ${EDITORS.join(', ')}, not ${JSON.stringify(editor)}`,
  );
  assert(file !== '', "file must be a path or ':memory:', not an empty string");
  assert(apiKey !== '', 'apiKey must not be empty: leave it out to accept any key');
  assert(
    apiKey === undefined || KEY.test(apiKey),
    'apiKey must be of visible ASCII characters without spaces: clients send it in a header',
  );
  assert(
    checks === 'strict' || checks === 'lenient',
    `checks must be 'strict' or 'lenient', not ${JSON.stringify(checks)}`,
  );
  assert(
    Number.isInteger(maxBodyBytes) && maxBodyBytes > 0,
    `maxBodyBytes must be a positive integer, not ${formatValue(maxBodyBytes)}`,
  );
  assert(
    Number.isInteger(otlpQuietMs) && otlpQuietMs > 0 && otlpQuietMs <= MAX_QUIET_MS,
    `otlpQuietMs must be an integer from 1 to ${MAX_QUIET_MS}, not ${formatValue(otlpQuietMs)}`,
  );
  assert(
    Number.isInteger(maxConnections) && maxConnections > 0,
    `maxConnections must be a positive integer, not ${formatValue(maxConnections)}`,
  );
  return settings;
}

/** What the compiler says of the options of callers in TypeScript, for the others. */
function assertTypes(options: LocalServerOptions): void {
  const { allowedHosts, intercept } = options;
  for (const name of ['host', 'file', 'apiKey'] as const) {
    const value = options[name];
    // The wrong value of a key is not shown.
    assert(value === undefined || typeof value === 'string', `${name} must be a string`);
  }
  assert(
    allowedHosts === undefined || Array.isArray(allowedHosts),
    `allowedHosts must be an array of names, not ${formatValue(allowedHosts)}`,
  );
  assert(
    intercept === undefined || typeof intercept === 'function',
    `intercept must be a function, not ${formatValue(intercept)}`,
  );
}

/** The file as an absolute path: it is opened again later, when the working directory may be another. */
function fileOf(file = IN_MEMORY): string {
  return file === IN_MEMORY || file === '' ? file : resolve(file);
}

const MAX_QUIET_MS = 60_000;

/** A key that a client can send: the guard takes it from the header up to a space. */
const KEY = /^[\x21-\x7e]+$/;

/** A `Host` that a browser may send. Patterns such as `*` do not match. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;

/** Whether only this machine can reach the address. */
function isLoopback(host: string): boolean {
  return /^127\./.test(host) || host === '::1';
}
