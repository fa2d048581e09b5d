export { type AppOptions, createApp } from './app.js';
export { type ChatModel, type ConnectedModel, connectModel } from './chat-model.js';
export { CORPUS, type Passage, readCorpus } from './corpus.js';
export { createRetriever, type FoundPassage, type Retriever } from './retriever.js';
