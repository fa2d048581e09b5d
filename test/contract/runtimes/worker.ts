/** The app's process on workerd: a worker, and an entry point of its own for the commands. */

import { later } from '../harness/pause.ts';
import { Signals } from '../harness/signals.ts';
import { hostOf } from './host.ts';

type App = Parameters<Parameters<typeof hostOf>[0]>[0];

/** A worker whose request waits for nothing but another request is taken to hang: ours look again and again. */
class PolledSignals extends Signals {
  override readonly opened = async (gate: string) => {
    while (!this.isOpen(gate)) await later(2);
  };
}

let app: App | undefined;

const commands = hostOf(
  async (next) => {
    app = next;
    return {
      async close() {
        app = undefined;
      },
    };
  },
  () => new PolledSignals(),
);

export default {
  fetch: (request: Request, env: object, context: Parameters<App['fetch']>[2]) =>
    app?.fetch(request, env, context) ?? new Response('no app', { status: 503 }),
};

export const control = { fetch: commands };
