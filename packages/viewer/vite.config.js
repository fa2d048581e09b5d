/** Builds the page into `dist`, from where the local server's build copies it. */

import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev` finds a local server: the page's own address does not matter to it then. */
const server = process.env.OPENLAYER_LOCAL ?? 'http://127.0.0.1:4600';

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      'decode-named-character-reference': fileURLToPath(
        new URL('src/content/named-characters.ts', import.meta.url),
      ),
    },
  },
  build: {
    target: 'es2022',
    // Browsers without it are too old for the rest of the page as well.
    modulePreload: { polyfill: false },
    // A data: address would need a wider content security policy.
    assetsInlineLimit: 0,
    sourcemap: false,
    // Files of earlier builds may stay in `dist`: this one lists those of the last.
    manifest: 'manifest.json',
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/api': { target: server, changeOrigin: true },
      '/v1': { target: server, changeOrigin: true },
    },
  },
});
