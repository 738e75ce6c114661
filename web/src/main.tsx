import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/queries.ts';
import { router } from './router.tsx';
import './style.css';

// After an update of HugOps the parts that an open page still wants have new names: load the page anew, but not again and again.
window.addEventListener('vite:preloadError', (event) => {
  // Browsers say TypeError when a script could not be fetched; anything else is an error inside of it, which another load does not mend.
  if (!(event.payload instanceof TypeError)) return;
  const last = Number(sessionStorage.getItem('reloadedAt'));
  if (Date.now() - last < 30_000) return;
  sessionStorage.setItem('reloadedAt', String(Date.now()));
  window.location.reload();
});

const root = document.querySelector('#root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
