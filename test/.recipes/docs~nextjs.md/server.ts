




























































// server.ts
import { openlayerTracing } from '@openlayer-tracing/express';
import express from 'express';
import next from 'next';

const isStatic = (path: string) => path.startsWith('/_next/') || path === '/favicon.ico';

const app = next({ dev: process.env.NODE_ENV !== 'production' });
const handle = app.getRequestHandler();
await app.prepare();

const server = express();
server.use(openlayerTracing({ skip: (req) => isStatic(req.path) }));
server.get('/health', (_req, res) => void res.send('ok'));
server.use((req, res) => void handle(req, res));
server.listen(process.env.PORT ?? 3000);
