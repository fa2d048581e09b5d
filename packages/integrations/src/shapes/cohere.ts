/** All that is known of Cohere's API. */

import { cohereChat } from './cohere-chat.js';
import { cohereEmbeddings } from './cohere-embeddings.js';
import { cohereRerank } from './cohere-rerank.js';
import type { Shape } from './shape.js';

export const cohereShapes: readonly Shape[] = [cohereChat, cohereEmbeddings, cohereRerank];
