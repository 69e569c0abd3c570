// Bundles the page, with URLs relative to wherever a relay serves it.
import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  build: {
    target: 'es2022',
    // The relay's policy for this page allows scripts that are files, none inside the document.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
})
