/** A request that is answered with an error status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** Whether the caller broke the contract; false where the answer is an ordinary outcome. */
  readonly isViolation: boolean;

  constructor(status: number, message: string, isViolation = true) {
    super(message);
    this.status = status;
    this.isViolation = isViolation;
  }
}
