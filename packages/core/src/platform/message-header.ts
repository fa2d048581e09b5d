/** The part of Node's IncomingMessage that has the headers. */
interface Message {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A header of a request or response of Node; values in an array are joined. @param name in lower case */
export function headerOf({ headers }: Message, name: string): string | undefined {
  const value = headers[name];
  if (Array.isArray(value)) return value.join(', ');
  // Requests of mocks may have other values.
  return typeof value === 'string' ? value : undefined;
}
