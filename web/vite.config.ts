import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// During `npx vite web` the API is asked of a HugOps that runs beside it.
const target = 'http://127.0.0.1:4680';

export default defineConfig({
  base: '/console/',
  plugins: [react(), tailwindcss()],
  build: {
    // What has Baseline support today; older browsers can still read the status page.
    target: ['chrome120', 'firefox121', 'safari17'],
    modulePreload: { polyfill: false },
    // The policy allows no data: scripts, and small files are cached for ever.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': { target, changeOrigin: false }, '/incidents': { target } } },
});
