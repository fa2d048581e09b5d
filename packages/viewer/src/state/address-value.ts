/** Distinguishes values that the page writes into the address from those that a link or the back button puts there. */
export class AddressValue<T extends number | string> {
  #seen: T | undefined;
  /** Values that the address does not have yet, in order. It may skip some. */
  #written: T[] = [];

  /** Call it before the page writes another value into the address. */
  write(value: T): void {
    this.#written.push(value);
  }

  /** Whether a link or the back button put this value into the address. Call it once for each change of the address. */
  isRequest(value: T): boolean {
    if (value === this.#seen) return false;
    this.#seen = value;
    const place = this.#written.indexOf(value);
    this.#written = place < 0 ? [] : this.#written.slice(place + 1);
    return place < 0;
  }
}
