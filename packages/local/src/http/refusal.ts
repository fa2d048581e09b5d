/** Thrown to respond to a request with an error status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** Whether the client violated the contract; false for an ordinary outcome, such as an unknown row. */
  readonly isViolation: boolean;

  constructor(status: number, message: string, { isViolation = true } = {}) {
    super(message);
    this.status = status;
    this.isViolation = isViolation;
  }
}

/** The refusal that any error becomes. */
export function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // Checking and serialising recurse into the body, and a deeply nested one exhausts the stack.
  if (error instanceof RangeError) return new Refusal(400, 'the body is nested too deeply');
  return new Refusal(500, error instanceof Error ? error.message : String(error));
}
