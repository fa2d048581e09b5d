export { createAgent } from './agent.js';
export { type AppOptions, createApp } from './app.js';
