/** Every attribute of a recorded span is in a table, or is left for a reason. */

import assert from 'node:assert/strict';
import { stepOfSpan } from '@openlayer-tracing/otel/dialects';
import { RECORDINGS, recordingOf } from './recordings.ts';

/** Attributes that no table has: steps keep them in `metadata.attributes`. */
const LEFT: Readonly<Record<string, string>> = {
  'express.name': 'the name of a middleware, which no step has a field for',
  'express.type': 'middleware or request handler, likewise',
};

/** Events that no table has: steps keep them in `metadata.events`. */
const LEFT_EVENTS: Readonly<Record<string, string>> = {};

describe('the attributes of recorded spans', () => {
  const seen = new Set<string>();
  const seenEvents = new Set<string>();

  for (const name of RECORDINGS) {
    it(`of ${name} are in a table, or are left for a reason`, () => {
      for (const span of recordingOf(name).spans) {
        const { metadata } = stepOfSpan(span).step;
        for (const key of Object.keys(metadata.attributes ?? {})) {
          assert.ok(key in LEFT, `${key} of ${span.name}: map it, or say here why it is left`);
          seen.add(key);
        }
        for (const { name: event } of (metadata.events ?? []) as readonly { name: string }[]) {
          assert.ok(event in LEFT_EVENTS, `the event ${event} of ${span.name}`);
          seenEvents.add(event);
        }
        assert.equal(metadata.unkeptAttributes, undefined);
      }
    });
  }

  it('that are said to be left are there', () => {
    assert.deepEqual([...seen].sort(), Object.keys(LEFT).sort());
    assert.deepEqual([...seenEvents].sort(), Object.keys(LEFT_EVENTS).sort());
  });
});
