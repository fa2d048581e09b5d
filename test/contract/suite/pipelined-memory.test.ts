/** A connection that stays open keeps nothing of the requests that it has carried. */

import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openlayerTracing } from '@openlayer-tracing/express';
import { expressVersions } from '../express/frameworks.ts';
import { until } from '../harness/pause.ts';
import { stageOn } from '../harness/stage.ts';

const REQUESTS = 5;

for (const { name, serve } of expressVersions) {
  describe(`${name} with pipelined requests`, () => {
    it('releases their traces while the connection is idle', async () => {
      const traces: WeakRef<object>[] = [];
      await using stage = await stageOn((tracer) =>
        serve((app) => {
          app.use(openlayerTracing({ tracer }));
          app.use((req, res) => {
            traces.push(new WeakRef(req.trace));
            // Later, so that the others arrive before this response has ended.
            setTimeout(() => res.end('ok'), 5);
          });
        }),
      );
      const socket = connect(stage.port, '127.0.0.1');
      socket.resume();
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(REQUESTS));
      await stage.rows(REQUESTS);
      setFlagsFromString('--expose-gc');
      const gc = runInNewContext('gc') as () => void;
      // Node keeps the last request of a connection.
      await until(() => {
        gc();
        return traces.slice(0, -1).every((trace) => trace.deref() === undefined);
      }, 'the traces are released');
      socket.destroy();
    });
  });
}
