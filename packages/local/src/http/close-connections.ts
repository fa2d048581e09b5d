import type { Server } from 'node:http';

/** Time for the responses of requests that the server is handling. */
const GRACE_MS = 200;
/** Connections whose responses have been sent are closed after this time. */
const CHECK_MS = 5;

/**
 * Stops listening and closes all connections, idle ones at once. A client that has sent a request gets the response if that
 * takes at most 200 ms: a test that waits for rows closes the server before the sender of the rows has read the response.
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
