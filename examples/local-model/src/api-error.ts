/** An error in the shape of OpenAI's API. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly #details: { type: string; code: string | null; param: string | null };

  constructor(
    status: number,
    message: string,
    { type = 'invalid_request_error', code = null, param = null }: ErrorDetails = {},
  ) {
    super(message);
    this.status = status;
    this.#details = { type, code, param };
  }

  /** The body of the response. */
  toBody() {
    return { error: { message: this.message, ...this.#details } };
  }
}

interface ErrorDetails {
  readonly type?: string;
  readonly code?: string | null;
  readonly param?: string | null;
}

export function missingKey(): ApiError {
  return new ApiError(
    401,
    "You didn't provide an API key. Send any key in an Authorization header: `Authorization: Bearer KEY`.",
    { code: 'missing_api_key' },
  );
}

export function unknownUrl(method: string, path: string): ApiError {
  return new ApiError(404, `Unknown request URL: ${method} ${path}.`, { code: 'unknown_url' });
}

export function unknownModel(model: string): ApiError {
  return new ApiError(404, `The model \`${model}\` does not exist.`, {
    code: 'model_not_found',
    param: 'model',
  });
}

export function badBody(message: string, param?: string): ApiError {
  return new ApiError(400, message, param === undefined ? {} : { param });
}

export function bodyTooLarge(maxBytes: number): ApiError {
  return new ApiError(413, `The body is larger than ${maxBytes} bytes.`);
}

export function brokenServer(): ApiError {
  return new ApiError(500, 'The server had an error while processing your request.', {
    type: 'server_error',
  });
}
