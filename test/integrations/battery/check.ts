/** One thing that a client does, and what its user sees of it. */

export interface Check<Kit> {
  readonly name: string;
  /**
   * @param arrival resolves when a request of this check has come to the provider
   * @returns all that can be seen, as JSON; what it throws counts as seen, too
   */
  run(kit: Kit, arrival: () => Promise<unknown>): Promise<unknown>;
}

/** What every entry point can be told; undefined where the client is left bare. */
export interface DoorOptions {
  readonly content?: boolean;
  readonly redact?: (content: unknown) => unknown;
}

export interface Seen {
  readonly name: string;
  readonly value?: unknown;
  readonly error?: unknown;
  /** Rejections that nobody handled. */
  readonly unhandled: readonly unknown[];
}

/** What is seen of a check that did not end. */
export const HUNG = 'hung';

/** What can be seen of an error. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { thrown: String(error) };
  const { name, message, cause } = error;
  const {
    status,
    code,
    type,
    param,
    request_id,
    requestID,
    error: body,
  } = error as Error & Record<string, unknown>;
  const facts = { status, code, type, param, request_id, requestID, body };
  return {
    class: error.constructor.name,
    name,
    message: withoutPorts(message),
    ...facts,
    ...(cause !== undefined && { cause: describeCause(cause) }),
  };
}

function describeCause(cause: unknown): unknown {
  const { name, code } = cause as { name?: unknown; code?: unknown };
  return { name, code };
}

/** What differs from run to run. */
function withoutPorts(message: string): string {
  return message.replace(/127\.0\.0\.1:\d+/g, 'HOST').replace(/localhost:\d+/g, 'HOST');
}

/** The name of a value's class, and of those above it. */
export function classesOf(value: object): string[] {
  const names: string[] = [];
  for (
    let at: object | null = Object.getPrototypeOf(value);
    at !== null;
    at = Object.getPrototypeOf(at)
  ) {
    names.push(at.constructor?.name ?? '');
  }
  return names;
}

/** What was thrown by `fn`, which has to throw. */
export async function failureOf(fn: () => unknown): Promise<unknown> {
  try {
    await fn();
  } catch (error) {
    return describeError(error);
  }
  return 'nothing was thrown';
}

/** All that an iterable yields, until it ends or fails. */
export async function drained(items: AsyncIterable<unknown>): Promise<unknown> {
  const seen: unknown[] = [];
  try {
    for await (const item of items) seen.push(item);
  } catch (error) {
    return { seen, failed: describeError(error) };
  }
  return seen;
}

export async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}

/** Waits for a rejection that nobody handles; the run counts it. */
export function rejected(): Promise<string> {
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => resolve('nothing was rejected'), 5000);
    process.once('unhandledRejection', () => {
      clearTimeout(giveUp);
      resolve('rejected');
    });
  });
}
