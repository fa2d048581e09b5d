/** Thrown if a request cannot be read. In a span it rejects that span alone, elsewhere the whole request. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
