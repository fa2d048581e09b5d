import type { ServerResponse } from 'node:http';

/** A signal that aborts when the response closes before all of it was handed to the connection. */
export function signalOfClient(res: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const onClose = () => {
    if (!res.writableFinished) controller.abort();
  };
  if (res.destroyed || res.closed) onClose();
  // Responses of mocks may be no emitters.
  else if (typeof res.once === 'function') res.once('close', onClose);
  return controller.signal;
}
