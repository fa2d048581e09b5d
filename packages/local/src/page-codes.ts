import { randomBytes } from 'node:crypto';

const MAX_AGE_MS = 60_000;

/** Codes that are exchanged for the page's address once, within a minute. */
export class PageCodes {
  readonly #codes = new Map<string, number>();

  /** @returns a new code of 128 bits */
  create(now: number): string {
    const code = randomBytes(16).toString('base64url');
    this.#codes.set(code, now);
    return code;
  }

  /** Uses the code up. @returns whether it was valid */
  redeem(code: string, now: number): boolean {
    const since = this.#codes.get(code);
    this.#codes.delete(code);
    return since !== undefined && now - since < MAX_AGE_MS;
  }
}
