/** The app with WebSockets as a worker. */

import { upgradeWebSocket } from 'hono/cloudflare-workers';
import { socketHost } from './sockets-host.ts';

type App = ReturnType<typeof socketHost>;

let app: App | undefined;

export default {
  fetch(request: Request, env: { readonly TRACER: string }, context: Parameters<App['fetch']>[2]) {
    app ??= socketHost(upgradeWebSocket, env.TRACER);
    return app.fetch(request, env, context);
  },
};
