





// next.config.ts
import type { NextConfig } from 'next';

const config: NextConfig = {
  serverExternalPackages: ['@openlayer-tracing/core', '@openlayer-tracing/express'],
};

export default config;
