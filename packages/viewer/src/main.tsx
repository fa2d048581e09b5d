import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './theme.css';
import { makeRouter } from './routes.js';
import { takeToken } from './server/api.js';
import { isTransient } from './server/api-error.js';
import { applyTheme } from './state/settings.js';

takeToken();
applyTheme();

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The server is on this machine, which may have no other network.
      networkMode: 'always',
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (count, error) => count < 2 && isTransient(error),
    },
    mutations: { networkMode: 'always' },
  },
});
const app = document.getElementById('app');
if (app === null) throw new Error('The page has no element for the app.');
createRoot(app).render(
  <StrictMode>
    {/* The content security policy refuses style elements, which some parts would add. */}
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <RouterProvider router={makeRouter(queries)} />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
