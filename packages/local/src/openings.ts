import { randomBytes } from 'node:crypto';

const MAX_AGE_MS = 60_000;

/** Codes that open the page once, within a minute. */
export class Openings {
  readonly #codes = new Map<string, number>();

  /** @returns a new code of 128 bits */
  add(now: number): string {
    const code = randomBytes(16).toString('base64url');
    this.#codes.set(code, now);
    return code;
  }

  /** Whether the code opens the page now. It does not a second time. */
  use(code: string, now: number): boolean {
    const since = this.#codes.get(code);
    this.#codes.delete(code);
    return since !== undefined && now - since < MAX_AGE_MS;
  }
}
