/** Traces that a process has left on disk, for the next one to find. */

import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Collector, startCollector } from '../../support/collector.ts';
import { publish } from '../publishing/support.ts';
import { spooling } from './support.ts';

const WRONG_KEY = 'wrong-key';

/** A platform that takes every key but the wrong one. */
export function startKeyedCollector(): Promise<Collector> {
  return startCollector((request, response) => {
    if (request.headers.authorization !== `Bearer ${WRONG_KEY}`) return false;
    response.writeHead(401).end();
    return true;
  });
}

/** Leaves three traces of this platform behind. @returns the folder of their pipeline */
export async function leaveBehind(url: string, dir: string): Promise<string> {
  const { tracer } = spooling(url, dir, { apiKey: WRONG_KEY });
  publish(tracer, 3);
  await tracer.shutdown({ deadlineMs: 0 });
  const [destination = ''] = readdirSync(dir);
  return join(dir, destination);
}

/** Renames the segments as if they had been written so long ago. */
export function ageBy(inner: string, ageMs: number): void {
  const created = (Date.now() - ageMs).toString(36).padStart(9, '0');
  for (const name of readdirSync(inner)) {
    if (!name.endsWith('.wal')) continue;
    renameSync(join(inner, name), join(inner, name.replace(/^[0-9a-z]{9}/, created)));
  }
}

/** A name as segments have it whose owner is nobody. */
export function segmentName(n: number, owner = '0'): string {
  const now = (Date.now() - 1000 + n).toString(36).padStart(9, '0');
  return `${now}-${String(n).padStart(8, '0')}.${owner}.wal`;
}
