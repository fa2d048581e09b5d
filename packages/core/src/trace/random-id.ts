/** Random ids. Tests replace what makes them, and not every environment has it. */

const source = globalThis.crypto;
const systemUuid: (() => string) | undefined = source?.randomUUID?.bind(source);

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A UUID of version 4. */
export function randomUuid(): string {
  try {
    const id: unknown = crypto.randomUUID();
    if (typeof id === 'string' && UUID.test(id)) return id;
  } catch {
    // Somebody has replaced it.
  }
  return systemUuid?.() ?? madeUuid();
}

function madeUuid(): string {
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () =>
    Math.floor(Math.random() * 16).toString(16),
  );
}
