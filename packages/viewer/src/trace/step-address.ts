/** Distinguishes steps that the page writes into the address from those that a link or the back button puts there. */
export class StepAddress {
  #seen: number | undefined;
  /** Steps that the address does not have yet, in order. It may skip some. */
  #written: number[] = [];

  /** Call it before the page writes a step into the address. */
  write(step: number): void {
    this.#written.push(step);
  }

  /** Whether a link or the back button put this step into the address. Call it once for each change of the address. */
  isRequest(step: number): boolean {
    if (step === this.#seen) return false;
    this.#seen = step;
    const place = this.#written.indexOf(step);
    this.#written = place < 0 ? [] : this.#written.slice(place + 1);
    return place < 0;
  }
}
