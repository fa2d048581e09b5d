export { type AnswersOptions, createAnswers } from './answers/app.js';
export { type ChatModel, type ConnectedModel, connectModel } from './answers/chat-model.js';
export { createFront, type FrontOptions } from './front/app.js';
