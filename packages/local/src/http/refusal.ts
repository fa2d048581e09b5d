import { errorMessage } from '../values/error-message.js';

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
  return new Refusal(500, errorMessage(error));
}

/** The result of `check`, which recurses into a body. @throws Refusal 400 if the body is so deep that the stack is exhausted */
export function withinStack<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Refusal(400, 'the body is nested too deeply');
  }
}
