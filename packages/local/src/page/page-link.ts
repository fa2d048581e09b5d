import { randomBytes } from 'node:crypto';

const MAX_CODE_AGE_MS = 60_000;

/** The page's address with its token, and addresses that lead to it once. */
export class PageLink {
  /** The bearer token of the page's calls: 128 bits, new at each start. */
  readonly token = random128Bits();
  /** The page's address. The token is in its fragment, which browsers do not send. */
  readonly url: string;
  readonly #origin: string;
  /** Codes that were not used yet, with the time when they were created, in epoch milliseconds. */
  readonly #codes = new Map<string, number>();

  constructor(origin: string) {
    this.#origin = origin;
    this.url = `${origin}/#token=${this.token}`;
  }

  /**
   * An address that leads to `url` once, within a minute. Other users can see a browser's command line, so it must not contain
   * the token.
   */
  openingUrl(now: number): string {
    const code = random128Bits();
    this.#codes.set(code, now);
    return `${this.#origin}/open?code=${code}`;
  }

  /** Uses the code of an opening address up. @returns `url`; undefined if the code is unknown, used or too old */
  redeem(code: string, now: number): string | undefined {
    const createdAt = this.#codes.get(code);
    this.#codes.delete(code);
    return createdAt !== undefined && now - createdAt < MAX_CODE_AGE_MS ? this.url : undefined;
  }
}

function random128Bits(): string {
  return randomBytes(16).toString('base64url');
}
