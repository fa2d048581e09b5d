import { randomBytes } from 'node:crypto';

const MAX_OPEN = 1000;
const MAX_AGE_MS = 10 * 60_000;

interface Upload {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** Tokens that each allow one upload without a key, as the presigned URLs of a storage service do. */
export class Uploads {
  readonly #open = new Map<string, Upload>();

  /** Allows one more upload for 10 minutes. At most 1,000 are open at a time: then the oldest ends. */
  allow(now: number): { readonly token: string; readonly id: string } {
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    const token = randomBytes(16).toString('base64url');
    const id = randomBytes(16).toString('hex');
    this.#open.set(token, { id, since: now });
    return { token, id };
  }

  /** The id of the file that the token allows to upload; undefined if it allows none. */
  idOf(token: string, now: number): string | undefined {
    const upload = this.#open.get(token);
    return upload && now - upload.since < MAX_AGE_MS ? upload.id : undefined;
  }
}
