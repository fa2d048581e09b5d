/** Workers that share a port, each of which runs the app. One that dies is replaced. */

import cluster from 'node:cluster';

if (cluster.isPrimary) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  cluster.on('listening', ({ process: { pid } }) => process.send?.({ pid }));
  cluster.on('exit', () => cluster.fork());
  for (let i = 0; i < Number(process.env.WORKERS); i++) cluster.fork();
} else {
  await import('./app.mts');
}
