/** The requests that OpenRouter has in addition to OpenAI's API. */

import { ollamaSystemOne } from './ollama.js';
import { openRouterImages } from './openai/images.js';
import type { Shape } from './reading/shape.js';

export const openRouterShapes: readonly Shape[] = [openRouterImages, ollamaSystemOne];
