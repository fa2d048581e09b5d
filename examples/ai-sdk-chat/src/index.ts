export { type AppOptions, createApp } from './app.js';
export { type ConnectedModel, connectModel } from './model.js';
