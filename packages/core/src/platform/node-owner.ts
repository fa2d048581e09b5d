/** Which process a file belongs to, and whether that process is alive. */

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A hash, in hexadecimal digits. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

let host: string | undefined;

/** One boot of one machine or container: within it, process ids mean something. */
function hostId(): string {
  host ??= fingerprint(
    [hostname(), textOf('/proc/sys/kernel/random/boot_id'), pidNamespace()].join('\n'),
  ).slice(0, 8);
  return host;
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** `host-pid-start-random`: ids of processes come again, but not with the same start. */
export function owner(): string {
  const { pid } = process;
  return `${hostId()}-${pid}-${startOf(pid)}-${randomBytes(4).toString('hex')}`;
}

export function isAlive(owner: string): boolean | undefined {
  const [host, pid, start] = owner.split('-');
  if (host !== hostId()) return undefined;
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  try {
    process.kill(number, 0);
  } catch (error) {
    // EPERM: there is one, of another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const found = startOf(number);
  return found === '0' || start === '0' ? true : found === start;
}

/** In ticks after the boot, on Linux; elsewhere 0, which says nothing. */
function startOf(pid: number): string {
  // The name of the program stands in parentheses, and may hold any character.
  const stat = textOf(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended: its files will not change any more.
  if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
  return fields[19] ?? '0';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
