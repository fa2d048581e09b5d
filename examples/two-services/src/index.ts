export { type AnswersOptions, createAnswers } from './answers/app.js';
export { createFront, type FrontOptions } from './front/app.js';
