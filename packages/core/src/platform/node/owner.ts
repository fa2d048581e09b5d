/** Ids of processes in names of files, and whether such a process is alive. */

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Sixteen hexadecimal digits of the text's SHA-256. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

let host: string | undefined;

/** An id of one boot of one machine or container: process ids are comparable within it alone. */
function hostId(): string {
  host ??= fingerprint(
    [hostname(), contentsOf('/proc/sys/kernel/random/boot_id'), pidNamespace()].join('\n'),
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

/** `host-pid-start-random`. Process ids are reused, but not with the same start time. */
export function owner(): string {
  const { pid } = process;
  return `${hostId()}-${pid}-${startTimeOf(pid)}-${randomBytes(4).toString('hex')}`;
}

/** Whether the process that `owner()` named is running; undefined for one of another machine or container. */
export function isAlive(owner: string): boolean | undefined {
  const [host, pid, start] = owner.split('-');
  if (host !== hostId()) return undefined;
  const number = Number(pid);
  if (!Number.isSafeInteger(number) || number <= 0) return false;
  try {
    process.kill(number, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const found = startTimeOf(number);
  return found === '0' || start === '0' ? true : found === start;
}

/** Start of a process in ticks after the boot, on Linux; elsewhere '0', which is not compared. */
function startTimeOf(pid: number): string {
  // The second field is the program's name in parentheses, which may contain any character.
  const stat = contentsOf(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; its files do not change any more.
  if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
  return fields[19] ?? '0';
}

function contentsOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
