export { type ConnectedModel, connectModel, type Model } from './connect-model.js';
export { LOCAL_BROKEN, LOCAL_MODEL } from './models.js';
export { type LocalModel, type LocalModelOptions, startLocalModel } from './server.js';
