import { processWide } from '@openlayer-tracing/core/integration';
import type { AnyFetch } from './exchange/fetch-types.js';

/** A fetch of this package that stands in the place of another. */
interface Replacement {
  readonly ours: AnyFetch;
  /** The former global fetch. */
  readonly original: AnyFetch;
  /** One fetch for each call of `replaceGlobalFetch`. Only the last one runs; if there is none, `original` runs. */
  readonly active: AnyFetch[];
}

/** Finds a replacement by either of its two fetches. All copies and builds of this package share this map. */
const replacements = processWide(
  'integrations.global-fetch.v1',
  () => new WeakMap<object, Replacement>(),
);

/**
 * Replaces the global fetch by the one that `wrap` returns. A second call replaces what the first call set.
 * @param wrap receives the former global fetch
 * @returns a function that undoes this call: the fetch of the call before runs again, or the former global fetch is restored. If
 * other code has replaced the global fetch in the meantime, that fetch stays, and ours passes requests on to the former one
 * @throws TypeError if there is no global fetch
 */
export function replaceGlobalFetch(wrap: (original: AnyFetch) => AnyFetch): () => void {
  const { fetch } = globalThis as { fetch?: AnyFetch };
  if (typeof fetch !== 'function') throw new TypeError('there is no global fetch');
  const { ours, original, active } = replacements.get(fetch) ?? replacementOf(fetch);
  const wrapped = wrap(original);
  if (fetch === original) globalThis.fetch = ours as typeof globalThis.fetch;
  active.push(wrapped);
  return () => {
    const at = active.indexOf(wrapped);
    if (at < 0) return;
    active.splice(at, 1);
    if (active.length === 0 && globalThis.fetch === ours) {
      globalThis.fetch = original as typeof globalThis.fetch;
    }
  };
}

function replacementOf(original: AnyFetch): Replacement {
  const active: AnyFetch[] = [];
  // A proxy has the name, length and properties of the original fetch, and sets properties there.
  const ours: AnyFetch = new Proxy(original, {
    apply: (_original, self, args) => Reflect.apply(active.at(-1) ?? original, self, args),
  });
  const replacement = { ours, original, active };
  replacements.set(ours, replacement);
  replacements.set(original, replacement);
  return replacement;
}
