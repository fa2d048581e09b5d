import type { AnnouncedRequest } from '@openlayer-tracing/core/integration';

/**
 * Passes on the response to a request that a framework records. If the request fails, the announcement also matches the retry.
 * @param response a response or a promise of one
 */
export function passAnnounced(announced: AnnouncedRequest, response: unknown): Promise<unknown> {
  return Promise.resolve(response).then(
    (received) => {
      if ((received as Response | undefined)?.ok === false) announced.markFailed();
      return received;
    },
    (error: unknown) => {
      announced.markFailed();
      throw error;
    },
  );
}
