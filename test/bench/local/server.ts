/** The local server as people start it, on a file. */
import { startLocalServer } from '@openlayer-tracing/local';

const server = await startLocalServer({
  file: String(process.argv[2]),
  checks: 'lenient',
  // For a trace of 80,000 steps.
  maxBodyBytes: 64 * 1024 * 1024,
});
process.send?.({ url: server.url, viewerUrl: server.viewerUrl });
process.on('message', async (order: 'stop' | 'cpu') => {
  if (order === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.((user + system) / 1000);
    return;
  }
  await server.close();
  process.exit(0);
});
