/** Which keys and query parameters are secret by their names, and which values under them are no secrets. */

/** Secret anywhere in a key, with its separators removed. */
const SECRET_PARTS =
  /password|passwd|passphrase|secret|apikey|privatekey|accesskey|signingkey|encryptionkey|subscriptionkey|functionskey|credential|connectionstring|authorization|setcookie|bearertoken|clientassertion/;

/** Secret as the last word of a key: `accessToken` is, `tokens` and `tokenCount` are not. */
const SECRET_LAST_WORDS =
  /(?:^|[^a-z])(?:(?:access|refresh|auth|session|csrf|xsrf|middleware|id|api)*token|pwd|jwt|otp|cvv|cvc|ssn|cookies?|auth)$/;

/** Whether the value of this key is a secret, by the name of the key alone. */
export function isSecretByDefault(key: string): boolean {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
  return SECRET_LAST_WORDS.test(words) || SECRET_PARTS.test(words.replace(/[^a-z]/g, ''));
}

/** Names of secret query parameters that are no secret keys elsewhere. */
const SECRET_PARAMETERS = /^(?:key|sig|(?:x-(?:amz|goog)-)?signature)$/i;

/** Whether the value of this query parameter is a secret, although that of a key of this name is not. */
export function isSecretParameterByDefault(name: string): boolean {
  return SECRET_PARAMETERS.test(name);
}

/** The name of a field in a form or a query that stands for a member, as `user[token]` or `tokens[0][token]`: `token`. */
export function innerName(key: string): string {
  if (!key.endsWith(']')) return key;
  const last = /(?:^([^[\]]+)|\[([^[\]]*[^[\]\d][^[\]]*)\])(?:\[\d*\])*$/.exec(key);
  return last?.[1] ?? last?.[2] ?? key;
}

/** Whether a value under a secret key is masked. A count is not: `token: 17`. */
export function isMaskable(value: unknown, key: string): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return false;
  return typeof value !== 'number' || !/token$/i.test(key);
}

/** Whether the text of a value under a secret key is no secret: a count, a boolean or a missing value. */
export function isNoSecret(value: string, key: string): boolean {
  if (value === '' || value === 'null' || value === 'true' || value === 'false') return true;
  return /token$/i.test(key) && !Number.isNaN(Number(value));
}

/** Whether the value of a stream event is no secret. `token` is a piece of the model's text unless it looks like a credential. */
export function isNoSecretInStream(value: string, key: string): boolean {
  return isNoSecret(value, key) || (/^token$/i.test(key) && isPiece(value));
}

/** Whether a text may be a piece of a model's text. Credentials are long, contain digits and no spaces. */
export function isPiece(text: string): boolean {
  return text.length < 20 || !/^["\\]*[\w.~+/=-]{20,}["\\]*$/.test(text) || !/\d/.test(text);
}
