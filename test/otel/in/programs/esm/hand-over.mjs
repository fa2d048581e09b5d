/**
 * Hands a client to the instrumentations that patch it, and traces it by our integration: in the order that the environment names.
 */
export function handOver(name, module, trace) {
  if (process.env.HANDED !== 'after') globalThis.instrumentByHand?.(name, module);
  trace();
  if (process.env.HANDED === 'after') globalThis.instrumentByHand?.(name, module);
}
