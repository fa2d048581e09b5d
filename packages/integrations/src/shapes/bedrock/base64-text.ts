/** Decodes base64 in JSON. */

/** The bytes of a base64 string. */
function fromBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** The text of a base64 string of UTF-8. */
export function textOfBase64(base64: string): string {
  return new TextDecoder().decode(fromBase64(base64));
}

/** Decodes a text that is received as pieces of base64, which may end within a character. */
export class Base64Text {
  readonly #decoder = new TextDecoder();

  next(base64: string): string {
    return this.#decoder.decode(fromBase64(base64), { stream: true });
  }
}
