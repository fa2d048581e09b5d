export { type AppOptions, createApp } from './app.js';
export { type ChatModel, type ConnectedModel, connectModel } from './chat-model.js';
export { Library } from './library.js';
