/** Thrown to respond to a request with an error status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** Whether the client violated the contract; false for an ordinary outcome, such as an unknown row. */
  readonly isViolation: boolean;

  constructor(status: number, message: string, isViolation = true) {
    super(message);
    this.status = status;
    this.isViolation = isViolation;
  }
}
