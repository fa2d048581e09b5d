/** The response has an error status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Whether the same call may succeed soon: the server is away, or has too much to do. A wrong query stays wrong. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof ApiError)) return true;
  return error.status < 400 || error.status === 429 || error.status >= 500;
}

/** Whether a trace has changed since the version that a call named: it has to be loaded again. */
export function isOtherVersion(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}
