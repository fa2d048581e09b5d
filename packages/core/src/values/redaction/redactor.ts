/** Masks what must not leave the process: values under secret keys, and secrets inside strings. */

import { isPromise } from '#platform';
import { quote } from '../json/json-text.js';
import { percentDecoded } from '../text/percent-decoded.js';
import { cutTo, wellFormed } from '../text/well-formed.js';
import { maskMembers, maskParameters, maskUserInfo, type TextExtent, WHOLE } from './mask-text.js';
import {
  innerName,
  isNoSecretInStream,
  isSecretByDefault,
  isSecretParameterByDefault,
} from './secret-keys.js';

/** Options of redaction, for the option `redact`. */
export interface RedactOptions {
  /** More keys to mask. A string matches the whole key, ignoring case; a RegExp is tested against the key. @default [] */
  readonly keys?: readonly (string | RegExp)[];
  /**
   * Whether to mask values under keys known as secrets (password, token, api_key, ...), also in query strings and in JSON
   * inside strings, and user and password of URLs. @default true
   */
  readonly defaults?: boolean;
  /**
   * Returns the string to send in place of `text`, which is the value under `key`, or its first 65536 characters. It is also
   * called for the names of steps and the keys of objects, with an empty `key`. It is tried on the name `body` first: if it replaces
   * even that, it would make all names the same, so names and keys are sent without it. If it throws or returns no string, a mark is
   * sent and `redaction_failed` is reported. @default no replacement
   */
  readonly text?: (text: string, key: string) => string;
}

/** The mark in place of a text whose redaction failed. */
const REDACTION_FAILED = '[redaction failed]';

const MAX_CACHED_KEYS = 2000;
const MAX_KEY_CHARS = 256;

/** Facts about a key, computed once and cached. */
export interface KeyInfo {
  /** Whether its value is a secret. */
  readonly isSecret: boolean;
  /** Whether the key itself is sent unchanged. */
  readonly isUnchanged: boolean;
  /** `"key":`, masked and cut to 256 characters. */
  readonly text: string;
  /** `,"key":` */
  readonly nextText: string;
}

/** Strings that need no escaping in JSON and contain no `:`, `=` or quote, without which there is nothing to mask. */
const HARMLESS = /^[ !#-9;<>-[\]-~]*$/;

/** Longest string for which one check is faster than several. */
const MAX_QUICK_CHARS = 64;

/** A harmless name: a `redact.text` that replaces it would replace every name. */
const PROBE_NAME = 'body';

const MAX_CACHED_LABELS = 1000;
const MAX_CACHED_NAME_CHARS = 64;

/** How far after the cut a URL is read that begins before it. */
const MAX_URL_CHARS = 2048;

/** Masks secrets by the options of one tracer. */
export class Redactor {
  readonly #defaults: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #patterns: readonly RegExp[];
  readonly #keys = new Map<string, KeyInfo>();
  readonly #labels = new Map<string, string>();
  readonly #onFailure: (reason: 'redaction_failed', error: unknown) => void;
  readonly #isSecretParameter = (written: string) => {
    const name = percentDecoded(written);
    return this.isSecret(name) || (this.#defaults && isSecretParameterByDefault(name));
  };
  readonly #isSecretKey = (key: string) => this.isSecret(key);
  /** The user's `redact.text`. */
  readonly #text: ((text: string, key: string) => string) | undefined;
  #replacesLabels: boolean | undefined;

  constructor(
    options: RedactOptions | false = {},
    onFailure: (reason: 'redaction_failed', error: unknown) => void = () => {},
  ) {
    const settings = options === false ? { defaults: false } : options;
    this.#defaults = settings.defaults ?? true;
    this.#onFailure = onFailure;
    const keys = settings.keys ?? [];
    this.#names = new Set(
      keys.filter((key) => typeof key === 'string').map((key) => key.toLowerCase()),
    );
    // A pattern with `g` or `y` keeps the index of its last match.
    this.#patterns = keys
      .filter((key) => key instanceof RegExp)
      .map((key) => new RegExp(key.source, key.flags.replace(/[gy]/g, '')));
    this.#text = settings.text;
  }

  /** Whether the user gave `redact.text`. */
  get replacesTexts(): boolean {
    return this.#text !== undefined;
  }

  /** The masked JSON text of a string that needs no cut. Only valid without `redact.text`. */
  quoted(text: string): string {
    if (text.length < MAX_QUICK_CHARS && HARMLESS.test(text)) return `"${text}"`;
    return quote(this.mask(text));
  }

  /** Whether the string may be sent unchanged. */
  isHarmless(text: string): boolean {
    return text.isWellFormed() && this.mask(text) === text;
  }

  /** The string with the secrets inside it masked. */
  mask(text: string, extent = WHOLE): string {
    // Without one of these there is no URL, no parameter and no member of JSON.
    if (!this.#defaults || !(text.includes(':') || text.includes('='))) return text;
    // JSON may be part of a message, and Java's printers leave a space: `400 {"api_key" : "..."}`.
    const holdsJson = text.includes('"') && (text.includes('":') || /"\s+:/.test(text));
    return this.#maskUrls(holdsJson ? maskMembers(text, this.#isSecretKey) : text, extent);
  }

  /** The joined text of stream events with its secrets masked. A `token` there is a piece of the model's text. */
  maskStream(text: string, extent = WHOLE): string {
    if (!this.#defaults) return text;
    const isHarmless = (value: string, key: string) =>
      !this.#isNamed(key) && isNoSecretInStream(value, key);
    return this.#maskUrls(maskMembers(text, this.#isSecretKey, isHarmless), extent);
  }

  #maskUrls(text: string, extent: TextExtent): string {
    return maskParameters(maskUserInfo(text, extent), this.#isSecretParameter);
  }

  /** The first `maxChars` characters of the string, masked before the cut. */
  maskedHead(text: string, maxChars: number): string {
    if (text.length <= maxChars) return this.mask(text);
    const seen = text.slice(0, maxChars + MAX_URL_CHARS);
    return cutTo(this.mask(seen, { isCut: seen.length < text.length }), maxChars);
  }

  /** The result of `redact.text`, or a mark if that fails; the text itself without `redact.text`. Cut to `maxChars`. */
  replaced(text: string, key: string, maxChars: number): string {
    const redact = this.#text;
    if (redact === undefined) return text;
    const replacement = this.#replacementOf(text, key, redact);
    return replacement === undefined ? REDACTION_FAILED : cutTo(replacement, maxChars);
  }

  /** The result of `redact.text`; undefined if that fails, which is reported. */
  #replacementOf(
    text: string,
    key: string,
    redact: (text: string, key: string) => string,
  ): string | undefined {
    try {
      const result: unknown = redact(text, key);
      if (typeof result === 'string') return result;
      if (isPromise(result)) result.catch(() => {});
      this.#onFailure('redaction_failed', new TypeError('redact.text must return a string'));
    } catch (error) {
      this.#onFailure('redaction_failed', error);
    }
    return undefined;
  }

  /** A name or a key as it is sent: masked, and replaced by `redact.text`; a mark if that fails. */
  label(name: string): string {
    const redact = this.#text;
    if (redact === undefined) return HARMLESS.test(name) ? name : this.mask(name);
    const masked = this.mask(name);
    this.#replacesLabels ??= this.#isSelective(redact);
    if (this.#replacesLabels === undefined) return REDACTION_FAILED;
    return this.#replacesLabels ? this.replaced(masked, '', MAX_KEY_CHARS) : masked;
  }

  /** The JSON text of `label(name)`, cached. */
  quotedLabel(name: string): string {
    const cached = this.#labels.get(name);
    if (cached !== undefined) return cached;
    const label = this.label(name);
    const text = quote(label);
    // An app that makes up names must not grow the map without bound. A later call of `redact.text` may succeed.
    if (
      this.#labels.size < MAX_CACHED_LABELS &&
      name.length <= MAX_CACHED_NAME_CHARS &&
      label !== REDACTION_FAILED
    ) {
      this.#labels.set(name, text);
    }
    return text;
  }

  /**
   * Whether `redact.text` replaces names selectively: one that hides every text would make all names the same. Undefined if it
   * failed, so that this is not known.
   */
  #isSelective(redact: (text: string, key: string) => string): boolean | undefined {
    const replacement = this.#replacementOf(PROBE_NAME, '', redact);
    return replacement === undefined ? undefined : replacement === PROBE_NAME;
  }

  /** Whether the value of this key is a secret. */
  isSecret(key: string): boolean {
    return this.keyInfo(key).isSecret;
  }

  /** Facts about the key, cached for up to 2000 keys. */
  keyInfo(key: string): KeyInfo {
    const cached = this.#keys.get(key);
    if (cached !== undefined) return cached;
    const isLong = key.length > MAX_KEY_CHARS;
    const short = isLong ? cutTo(key, MAX_KEY_CHARS) : key;
    const label = isLong ? `${this.#labelHead(key)}…` : this.label(key);
    const text = `${quote(label)}:`;
    const isUnchanged = label === key && wellFormed(key) === key;
    const info = { isSecret: this.#decide(short), isUnchanged, text, nextText: `,${text}` };
    // A client that makes up keys must not grow the map without bound. A later call of `redact.text` may succeed.
    if (!isLong && this.#keys.size < MAX_CACHED_KEYS && label !== REDACTION_FAILED) {
      this.#keys.set(key, info);
    }
    return info;
  }

  #labelHead(key: string): string {
    return this.label(this.maskedHead(key, MAX_KEY_CHARS));
  }

  /** Whether the option `redact.keys` names the key. */
  #isNamed(key: string): boolean {
    return (
      this.#names.has(key.toLowerCase()) || this.#patterns.some((pattern) => pattern.test(key))
    );
  }

  /** Whether the value of the key in a stream event is a secret. */
  isSecretInStream(key: string, value: string): boolean {
    if (!this.isSecret(key)) return false;
    return this.#isNamed(key) || !isNoSecretInStream(value, key);
  }

  #decide(key: string): boolean {
    const name = innerName(key);
    if (this.#isNamed(key) || (name !== key && this.#isNamed(name))) return true;
    return this.#defaults && (isSecretByDefault(key) || (name !== key && isSecretByDefault(name)));
  }
}
