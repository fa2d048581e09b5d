export { type AppOptions, createApp } from './app.js';
export { CORPUS, type Passage, readCorpus } from './corpus.js';
export { createRetriever, type FoundPassage, type Retriever } from './retriever.js';
