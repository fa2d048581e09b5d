import { randomBytes } from 'node:crypto';

const MAX_OPEN = 1000;
const MAX_AGE_MS = 10 * 60_000;

interface Upload {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** Tokens that each allow one upload without a key, as the presigned URLs of a storage service do. */
export class UploadTokens {
  readonly #open = new Map<string, Upload>();

  /** Allows one more upload for 10 minutes. At most 1,000 are open at a time: then the oldest ends. */
  allow(now: number): { readonly token: string; readonly id: string } {
    for (const oldest of this.#open.keys()) {
      if (this.#open.size < MAX_OPEN) break;
      this.#open.delete(oldest);
    }
    const token = randomBytes(16).toString('base64url');
    const id = randomBytes(16).toString('hex');
    this.#open.set(token, { id, since: now });
    return { token, id };
  }

  /**
   * Calls `save` with the id of the file that the token allows to upload. If `save` fails, the token may be used again.
   * @returns whether the token allowed an upload
   */
  async spend(token: string, now: number, save: (id: string) => Promise<void>): Promise<boolean> {
    const upload = this.#open.get(token);
    if (!upload || now - upload.since >= MAX_AGE_MS) return false;
    this.#open.delete(token);
    try {
      await save(upload.id);
    } catch (error) {
      this.#open.set(token, upload);
      throw error;
    }
    return true;
  }
}
