export { type AppOptions, createApp } from './app.js';
export { Library } from './library.js';
