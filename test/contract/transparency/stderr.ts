/** What is written to stderr while something runs. */

/** @returns what `work` returned, and the text. */
export async function withStderr<R>(work: () => Promise<R>): Promise<[R, string]> {
  const { write } = process.stderr;
  let text = '';
  process.stderr.write = (chunk: string | Uint8Array) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  };
  try {
    return [await work(), text];
  } finally {
    process.stderr.write = write;
  }
}
