/**
 * The stream of a response whose body is one.
 *
 * To ask for `body` would make a full response of the light one of `@hono/node-server`, which is then sent with other
 * headers. What a light one was made of stands in a list under a symbol of its own.
 */
export function lazyBody(response: Response): ReadableStream | undefined {
  for (const symbol of Object.getOwnPropertySymbols(response)) {
    const made: unknown = Reflect.get(response, symbol);
    if (symbol.description === 'cache' && Array.isArray(made)) return streamIn(made[1]);
  }
  return streamIn(response.body);
}

function streamIn(body: unknown): ReadableStream | undefined {
  return body instanceof ReadableStream ? body : undefined;
}
