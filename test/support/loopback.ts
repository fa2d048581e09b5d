/**
 * A loopback address of this process's own. Where a port is closed on purpose, another process must not happen to open
 * the same; only Linux answers to all of 127.0.0.0/8.
 */
export const LOOPBACK =
  process.platform === 'linux'
    ? `127.${1 + (process.pid % 250)}.${(process.pid >> 8) % 250}.${1 + Math.floor(Math.random() * 250)}`
    : '127.0.0.1';
