/** Which values must not leave the process: by the key that they stand under, and by what their texts hold. */

import { isPromise } from '#platform';
import { quote } from './json-text.js';
import { isNoSecretInStream, maskMembers, maskParameters, maskUserInfo } from './mask-text.js';
import { head, wellFormed } from './well-formed.js';

export interface RedactOptions {
  /** More keys to mask: a string matches the whole key whatever its case, a RegExp is tested on it. */
  readonly keys?: readonly (string | RegExp)[];
  /**
   * Mask the keys known as secrets (password, token, api_key, ...), also in query strings and in JSON inside of strings,
   * and user and password of URLs. @default true
   */
  readonly defaults?: boolean;
  /**
   * Returns what to send in place of a text. It sees at most the first 64 KB of it. Where it throws or
   * returns anything but a string, the value is dropped and counted. It sees names and keys as well, with an empty key,
   * unless it replaces every text whatever it says.
   */
  readonly text?: (text: string, key: string) => string;
}

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
  /** Whether the key leaves the process as it is. */
  readonly isKept: boolean;
  /** `"key":`, masked, and cut where it is too long. */
  readonly text: string;
  /** `,"key":` */
  readonly nextText: string;
}

/** In the query of a URL. */
const SECRET_PARAMETERS = /^(?:key|sig|(?:x-(?:amz|goog)-)?signature)$/i;

/** Every character stands for itself between JSON quotes, and none is of a URL's scheme, of a query or of JSON. */
const HARMLESS = /^[ !#-9;<>-[\]-~]*$/;

/** Up to so long, a string is read faster as a whole than searched for each sign. */
const SHORT = 256;

/** A name as programs have them, which says nothing of a person. */
const HARMLESS_NAME = 'body';

const MAX_NAMES = 1000;
const MAX_NAME_CHARS = 64;

/** A URL that begins before the end of a text and goes on behind it is looked at so far. */
const MAX_URL_CHARS = 2048;

export class Redactor {
  readonly #defaults: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #patterns: readonly RegExp[];
  readonly #remembered = new Map<string, KnownKey>();
  readonly #labels = new Map<string, string>();
  readonly #onFailure: (what: string, error: unknown) => void;
  readonly #isSecretParameter = (name: string) =>
    this.isSecret(name) || (this.#defaults && SECRET_PARAMETERS.test(name));
  readonly #isSecretKey = (key: string) => this.isSecret(key);
  /** Replaces texts, where the user gave a function for it. */
  readonly #text: ((text: string, key: string) => string) | undefined;
  #seesLabels: boolean | undefined;

  constructor(
    options: RedactOptions | false = {},
    onFailure: (what: string, error: unknown) => void = () => {},
  ) {
    const settings = options === false ? { defaults: false } : options;
    this.#defaults = settings.defaults ?? true;
    this.#onFailure = onFailure;
    const keys = settings.keys ?? [];
    this.#names = new Set(
      keys.filter((key) => typeof key === 'string').map((key) => key.toLowerCase()),
    );
    // A pattern with `g` or `y` would remember where it last matched.
    this.#patterns = keys
      .filter((key) => key instanceof RegExp)
      .map((key) => new RegExp(key.source, key.flags.replace(/[gy]/g, '')));
    this.#text = settings.text;
  }

  /** Whether texts pass through a function of the user's. */
  get replacesTexts(): boolean {
    return this.#text !== undefined;
  }

  /** The JSON text of a string that is short enough to be kept whole, where no function of the user's sees it. */
  quoted(text: string): string {
    return HARMLESS.test(text) ? `"${text}"` : quote(this.mask(text));
  }

  /** Whether the string may leave as it is. */
  isHarmless(text: string): boolean {
    return HARMLESS.test(text) || (text.isWellFormed() && this.mask(text) === text);
  }

  /** Whether no string in a JSON text holds anything to mask; where they may, each has to be looked at. */
  isHarmlessJson(json: string): boolean {
    return (
      !json.includes('=') &&
      !json.includes('://') &&
      // Escaped, a string may say anything: `\u003d`, `:\/\/`, and JSON inside of a string.
      !json.includes('\\u') &&
      !json.includes('\\/') &&
      !json.includes('\\":') &&
      json.isWellFormed()
    );
  }

  /** The string with the secrets that it holds masked. */
  mask(text: string, isCut = false): string {
    if (!this.#defaults || (text.length < SHORT && HARMLESS.test(text))) return text;
    // Also in the middle of a message: `400 {"api_key":"..."}`.
    const holdsJson = text.includes('":');
    return this.#maskUrls(holdsJson ? maskMembers(text, this.#isSecretKey) : text, isCut);
  }

  /** The same for what the events of a stream carried, where a `token` is a piece of the answer. */
  maskStream(text: string, isCut = false): string {
    if (!this.#defaults) return text;
    const isHarmless = (value: string, key: string) =>
      !this.#isNamed(key) && isNoSecretInStream(value, key);
    return this.#maskUrls(maskMembers(text, this.#isSecretKey, isHarmless), isCut);
  }

  #maskUrls(text: string, isCut: boolean): string {
    return maskParameters(maskUserInfo(text, isCut), this.#isSecretParameter);
  }

  /** The first characters of the string, masked before it is cut. */
  maskedHead(text: string, maxChars: number): string {
    if (text.length <= maxChars) return this.mask(text);
    const seen = text.slice(0, maxChars + MAX_URL_CHARS);
    return head(this.mask(seen, seen.length < text.length), maxChars);
  }

  /** What the user's function makes of a text, which is a mark where that fails; the text itself where there is none. */
  replaced(text: string, key: string, maxChars: number): string {
    const redact = this.#text;
    if (redact === undefined) return text;
    try {
      const result: unknown = redact(text, key);
      if (typeof result === 'string') return head(result, maxChars);
      if (isPromise(result)) result.catch(() => {});
      this.#onFailure('redaction_failed', new TypeError('redact.text must return a string'));
    } catch (error) {
      this.#onFailure('redaction_failed', error);
    }
    return FAILED;
  }

  /** A name or a key as it may leave the process. */
  label(name: string): string {
    if (this.#text === undefined && HARMLESS.test(name)) return name;
    const masked = this.mask(name);
    return this.#text !== undefined && this.#mayReplaceLabels()
      ? this.replaced(masked, '', MAX_KEY_CHARS)
      : masked;
  }

  /** The JSON text of a name, which come again and again. */
  quotedLabel(name: string): string {
    const found = this.#labels.get(name);
    if (found !== undefined) return found;
    const text = quote(this.label(name));
    // Names are few in an honest app; one that makes them up must not grow the map.
    if (this.#labels.size < MAX_NAMES && name.length <= MAX_NAME_CHARS) {
      this.#labels.set(name, text);
    }
    return text;
  }

  /** A function that hides every text would make all names one. */
  #mayReplaceLabels(): boolean {
    this.#seesLabels ??= this.replaced(HARMLESS_NAME, '', MAX_KEY_CHARS) === HARMLESS_NAME;
    return this.#seesLabels;
  }

  /** Whether what stands under this key is a secret. */
  isSecret(key: string): boolean {
    return this.lookUp(key).isSecret;
  }

  lookUp(key: string): KnownKey {
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const isLong = key.length > MAX_KEY_CHARS;
    const short = isLong ? head(key, MAX_KEY_CHARS) : key;
    const label = isLong ? `${this.#labelHead(key)}…` : this.label(key);
    const text = `${quote(label)}:`;
    const isKept = label === key && wellFormed(key) === key;
    const found = { isSecret: this.#decide(short), isKept, text, nextText: `,${text}` };
    // Keys are few in an honest app; a client that invents them must not grow the map.
    if (!isLong && this.#remembered.size < MAX_REMEMBERED_KEYS) this.#remembered.set(key, found);
    return found;
  }

  #labelHead(key: string): string {
    return this.label(this.maskedHead(key, MAX_KEY_CHARS));
  }

  /** Whether the app itself says that what stands under the key is a secret. */
  #isNamed(key: string): boolean {
    return (
      this.#names.has(key.toLowerCase()) || this.#patterns.some((pattern) => pattern.test(key))
    );
  }

  /** Whether what stands under the key in an event of a stream is a secret. */
  isSecretInStream(key: string, value: string): boolean {
    if (!this.isSecret(key)) return false;
    return this.#isNamed(key) || !isNoSecretInStream(value, key);
  }

  #decide(key: string): boolean {
    if (this.#isNamed(key)) return true;
    if (!this.#defaults) return false;
    const words = key
      .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
      .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
      .toLowerCase();
    return SECRET_LAST_WORDS.test(words) || SECRET_PARTS.test(words.replace(/[^a-z]/g, ''));
  }
}
