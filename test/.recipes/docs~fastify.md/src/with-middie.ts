




















































// src/with-middie.ts
import middie from '@fastify/middie';
import Fastify from 'fastify';
import { addRoutes } from './routes.js';
import { traceFastify } from './tracing.js';

const app = Fastify();
await app.register(middie);
traceFastify(app, (middleware) => app.use(middleware as Parameters<typeof app.use>[0]));
addRoutes(app);
await app.listen({ port: Number(process.env.PORT ?? 3000) });
