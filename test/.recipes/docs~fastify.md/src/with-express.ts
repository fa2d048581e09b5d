




































// src/with-express.ts
import fastifyExpress from '@fastify/express';
import Fastify from 'fastify';
import { addRoutes } from './routes.js';
import { traceFastify } from './tracing.js';

const app = Fastify();
await app.register(fastifyExpress);
traceFastify(app, (middleware) => app.use(middleware as Parameters<typeof app.use>[0]));
addRoutes(app);
await app.listen({ port: Number(process.env.PORT ?? 3000) });
