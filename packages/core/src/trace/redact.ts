/** Which values must not leave the process, decided by the key that they stand under. */

import { quote } from './json-text.js';

export interface RedactOptions {
  /** More keys to mask: a string matches the whole key whatever its case, a RegExp is tested on it. */
  readonly keys?: readonly (string | RegExp)[];
  /** Mask the keys known as secrets (password, token, api_key, ...). @default true */
  readonly defaults?: boolean;
  /**
   * Returns what to send in place of a text. It sees at most the first 64 KB of it. Where it throws or
   * returns anything but a string, the value is dropped and counted.
   */
  readonly text?: (text: string, key: string) => string;
}

/** What a masked value reads as. */
export const MASK = '[redacted]';

/** What is left of a text whose redaction failed. */
export const FAILED = '[redaction failed]';

/** As one word, wherever it stands in the key. */
const SECRET_PARTS =
  /password|passwd|passphrase|secret|apikey|privatekey|accesskey|signingkey|encryptionkey|credential|connectionstring|authorization|setcookie|bearertoken|clientassertion/;

/** As the last word of the key: `accessToken` is one, `tokens` and `tokenCount` are not. */
const SECRET_LAST_WORDS =
  /(?:^|[^a-z])(?:(?:access|refresh|auth|session|csrf|xsrf|middleware|id|api)*token|pwd|jwt|otp|cvv|cvc|ssn|cookies?|auth)$/;

const MAX_REMEMBERED_KEYS = 2000;
const MAX_KEY_CHARS = 256;

/** What there is to know about a key, found out once. */
export interface KnownKey {
  /** Whether what stands under it is a secret. */
  readonly isSecret: boolean;
  /** `"key":`, cut where it is too long. */
  readonly text: string;
  /** `,"key":` */
  readonly nextText: string;
}

export class Redactor {
  readonly #defaults: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #patterns: readonly RegExp[];
  readonly #remembered = new Map<string, KnownKey>();
  /** Replaces texts, where the user gave a function for it. */
  readonly text: ((text: string, key: string) => string) | undefined;

  constructor(options: RedactOptions | false = {}) {
    const settings = options === false ? { defaults: false } : options;
    this.#defaults = settings.defaults ?? true;
    const keys = settings.keys ?? [];
    this.#names = new Set(
      keys.filter((key) => typeof key === 'string').map((key) => key.toLowerCase()),
    );
    // A pattern with `g` or `y` would remember where it last matched.
    this.#patterns = keys
      .filter((key) => key instanceof RegExp)
      .map((key) => new RegExp(key.source, key.flags.replace(/[gy]/g, '')));
    this.text = settings.text;
  }

  /** Whether what stands under this key is a secret. */
  isSecret(key: string): boolean {
    return this.lookUp(key).isSecret;
  }

  lookUp(key: string): KnownKey {
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const isLong = key.length > MAX_KEY_CHARS;
    const short = isLong ? key.slice(0, MAX_KEY_CHARS) : key;
    const text = `${quote(isLong ? `${short}…` : short)}:`;
    const found = { isSecret: this.#decide(short), text, nextText: `,${text}` };
    // Keys are few in an honest app; a client that invents them must not grow the map.
    if (!isLong && this.#remembered.size < MAX_REMEMBERED_KEYS) this.#remembered.set(key, found);
    return found;
  }

  #decide(key: string): boolean {
    if (this.#names.has(key.toLowerCase())) return true;
    if (this.#patterns.some((pattern) => pattern.test(key))) return true;
    if (!this.#defaults) return false;
    const words = key
      .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
      .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
      .toLowerCase();
    return SECRET_LAST_WORDS.test(words) || SECRET_PARTS.test(words.replace(/[^a-z]/g, ''));
  }
}
