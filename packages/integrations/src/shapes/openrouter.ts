/** The requests that OpenRouter has in addition to OpenAI's API. */

import { ollamaSystemOne } from './ollama.js';
import { openRouterImages } from './openai/media.js';
import type { Shape } from './shape.js';

export const openRouterShapes: readonly Shape[] = [openRouterImages, ollamaSystemOne];
