/** The app with exports as a worker. */

import { otlpHost } from './otlp-host.ts';

type App = ReturnType<typeof otlpHost>;

let app: App | undefined;

export default {
  fetch(
    request: Request,
    env: { readonly SETTINGS: string },
    context: Parameters<App['fetch']>[2],
  ) {
    app ??= otlpHost(env.SETTINGS);
    return app.fetch(request, env, context);
  },
};
