import { randomBytes } from 'node:crypto';
import { RecentMap } from '../values/recent-map.js';

const MAX_OPEN = 1000;
const MAX_AGE_MS = 10 * 60_000;

interface Upload {
  readonly attachmentId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Tokens that each allow one upload without a key, as the presigned URLs of a storage service do. */
export class UploadTokens {
  readonly #open = new RecentMap<string, Upload>(MAX_OPEN);

  /** Allows one more upload for 10 minutes. At most 1,000 are open at a time: then the oldest ends. */
  allow(now: number): { readonly token: string; readonly attachmentId: string } {
    const token = randomBytes(16).toString('base64url');
    const attachmentId = randomBytes(16).toString('hex');
    this.#open.set(token, { attachmentId, createdAt: now });
    return { token, attachmentId };
  }

  /** Whether the token allows an upload. */
  isAllowed(token: string, now: number): boolean {
    const upload = this.#open.get(token);
    return upload !== undefined && now - upload.createdAt < MAX_AGE_MS;
  }

  /**
   * Calls `save` with the id of the attachment that the token allows to upload. If `save` fails, the token may be used again.
   * @returns whether the token allowed an upload
   */
  async spend(
    token: string,
    now: number,
    save: (attachmentId: string) => Promise<void>,
  ): Promise<boolean> {
    const upload = this.#open.get(token);
    if (!upload || !this.isAllowed(token, now)) return false;
    this.#open.delete(token);
    try {
      await save(upload.attachmentId);
    } catch (error) {
      this.#open.set(token, upload);
      throw error;
    }
    return true;
  }
}
