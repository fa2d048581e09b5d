/** Random ids. Tests replace `crypto.randomUUID`, and not every environment has it. */

const source = globalThis.crypto;
const systemUuid: (() => string) | undefined = source?.randomUUID?.bind(source);

const UUID_LENGTH = 36;

/** A UUID of version 4, or what a replaced `crypto.randomUUID` returns if it has as many characters. */
export function randomUuid(): string {
  try {
    const id: unknown = crypto.randomUUID();
    if (typeof id === 'string' && id.length === UUID_LENGTH) return id;
  } catch {
    // It was replaced by a function that throws.
  }
  return systemUuid?.() ?? madeUuid();
}

function madeUuid(): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () =>
    Math.floor(Math.random() * 16).toString(16),
  );
}
