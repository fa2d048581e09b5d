/** How we name ourselves to the platform, and know our own calls by. */
export const USER_AGENT = 'openlayer-tracing-js/0.1.0';
