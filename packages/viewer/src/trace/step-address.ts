/** Tells the steps that the back button or a link puts into the address from those that the page has put there itself. */
export class StepAddress {
  #seen: number | undefined;
  /** Steps that the address does not have yet, in order. It may skip some. */
  #written: number[] = [];

  /** Has to be called before the page puts a step into the address. */
  write(step: number): void {
    this.#written.push(step);
  }

  /** Whether somebody else has put the step that the address has now there. It is asked once for each change. */
  isRequest(step: number): boolean {
    if (step === this.#seen) return false;
    this.#seen = step;
    const place = this.#written.indexOf(step);
    this.#written = place < 0 ? [] : this.#written.slice(place + 1);
    return place < 0;
  }
}
