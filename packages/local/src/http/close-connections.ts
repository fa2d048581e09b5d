import type { Server } from 'node:http';

/** How long requests that the server is handling may take to get their responses. */
const GRACE_MS = 200;
/** How often connections are closed whose responses have been sent meanwhile. */
const CHECK_MS = 5;

/**
 * Stops listening and closes all connections, idle ones at once. Who has sent a request gets the response, if that takes at most
 * 200 ms: an app that waits for its rows to arrive closes the server before their sender has read that they did.
 */
export function closeConnections(http: Server): Promise<void> {
  return new Promise((resolve) => {
    const check = setInterval(() => http.closeIdleConnections(), CHECK_MS);
    const grace = setTimeout(() => http.closeAllConnections(), GRACE_MS);
    http.close(() => {
      clearInterval(check);
      clearTimeout(grace);
      resolve();
    });
    http.closeIdleConnections();
  });
}
